"""Ids derived from what they name, so that a repeat is recognisable (UUID 5)."""

from uuid import uuid5

from samspil_schemas.catalog import NAMESPACE

# Ids that begin so are of joint needs, and of the needs that state their texts.
JOINT_PREFIX = "joint:"


def _derive(kind: str, *parts: str) -> str:
    return str(uuid5(NAMESPACE, "\x1f".join((kind, *parts))))


def match_id(*, need_id: str, supplier_id: str) -> str:
    """The id of a pair, the same in every version."""
    return _derive("match", need_id, supplier_id)


def similar_id(*, need_id: str, other_need_id: str) -> str:
    """The id of two needs, the same in both directions and in every version."""
    return _derive("similar", *sorted((need_id, other_need_id)))


def dialogue_id(*, need_id: str, number: int = 0) -> str:
    """The id of a dialogue about a need: the one that its statement announces, or the so manieth of those announced beside it."""
    return _derive("dialogue", need_id, *([str(number)] if number else []))


def disclosure_id(*, dialogue_id: str, document_id: str) -> str:
    """The id of what is published in a dialogue under this name."""
    return _derive("disclosure", dialogue_id, document_id)


def document_id(*, kind: str, title: str) -> str:
    """The name within its dialogue of what is published without one: the same title again is a new revision."""
    return _derive("document", kind, title)


def invitation_id(*, dialogue_id: str, supplier_id: str) -> str:
    """The id of the one invitation of a supplier to a dialogue."""
    return _derive("invitation", dialogue_id, supplier_id)


def registration_id(*, dialogue_id: str, supplier_id: str) -> str:
    """The id of the one registration of an organisation to a dialogue."""
    return _derive("registration", dialogue_id, supplier_id)


def joint_need_id(*, need_id: str, number: int) -> str:
    """The id of the joint need that was proposed from a need, as the so manieth of all."""
    return JOINT_PREFIX + _derive("joint", need_id, str(number))


def point_id(*, owner_id: str, part: str) -> str:
    """The id of a point in the vector index: one part (a capability statement, a need's text) of its owner."""
    return _derive("point", owner_id, part)
