"""The two sides of a pair, and the rules that decide whether they may be one: hard, symmetric and without any score."""

from dataclasses import dataclass
from datetime import datetime

from samspil.domain.asking import asks
from samspil.domain.codes import cpv_path, regions_meet, shared_cpv_path
from samspil.domain.rarity import Rarity
from samspil.domain.scoring import Signals
from samspil.domain.text import overlap


@dataclass(frozen=True, kw_only=True)
class NeedSide:
    """What matching knows of a need.

    `asks` are the sentences that a supplier must answer; the first `effects` of them are those that the buyer lists as effects.
    `fold_keys` tell whether it was published elsewhere too; `joint_members` are the bodies that share it or once did, where it
    is the text of a joint need.
    """

    need_id: str
    version: int
    title: str
    text: str
    asks: tuple[str, ...]
    language: str
    buyer_id: str
    buyer_name: str
    country: str
    cpv: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    excluded_suppliers: frozenset[str] = frozenset()
    fold_keys: tuple[str, ...] = ()
    effects: int = 0
    joint_members: frozenset[str] = frozenset()
    answer_deadline: datetime | None = None

    @property
    def wishes(self) -> tuple[int, ...]:
        """The places among `asks` of those that ask for something, and do not only tell how things are."""
        return tuple(place for place, sentence in enumerate(self.asks) if place < self.effects or asks(sentence, self.language))

    @property
    def sentences(self) -> tuple[str, ...]:
        """What evidence is quoted from: the title, then the asks."""
        return (self.title, *self.asks)


@dataclass(frozen=True, kw_only=True)
class CapabilitySide:
    """What matching knows of one capability of a supplier.

    `cpv` holds its own codes and the profile's; `statements` is how many capabilities the profile has, this one included;
    `languages` are those of the whole profile: first those it reads, then those it is written in.
    """

    supplier_id: str
    supplier_name: str
    version: int
    statement_id: str
    text: str
    language: str
    cpv: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    excluded_buyers: frozenset[str] = frozenset()
    excluded_cpv: frozenset[str] = frozenset()
    excluded_regions: tuple[str, ...] = ()
    statements: int = 1
    languages: tuple[str, ...] = ()


def eligible(need: NeedSide, capability: CapabilitySide) -> bool:
    """True unless a region or an exclusion of either side rules the pair out. It decides who is told, never who may attend."""
    return (
        capability.supplier_id not in need.excluded_suppliers
        and need.buyer_id not in capability.excluded_buyers
        and regions_meet(need.regions, capability.regions)
        and not _cpv_excluded(need.cpv, capability.excluded_cpv)
        and not _regions_excluded(need.regions, capability.excluded_regions)
    )


def elsewhere(one: NeedSide, other: NeedSide) -> bool:
    """True of needs of different buyers, unless one of them is a joint need that the other is or was in: it learns nothing."""
    return one.buyer_id != other.buyer_id and one.buyer_id not in other.joint_members and other.buyer_id not in one.joint_members


def may_follow(joint: NeedSide, need: NeedSide) -> bool:
    """True of the text of a joint need and a need of who is or was a member, which may carry out what it declared."""
    return need.buyer_id in joint.joint_members and not need.joint_members


def _cpv_excluded(codes: tuple[str, ...], excluded: frozenset[str]) -> bool:
    # The main code stands first and says what the need is about; a side code in an excluded branch does not hide it.
    return bool(codes) and not excluded.isdisjoint(cpv_path(codes[0]))


def _regions_excluded(regions: tuple[str, ...], excluded: tuple[str, ...]) -> bool:
    return bool(regions) and all(any(region.startswith(branch) for branch in excluded) for region in regions)


def pair_signals(
    need: NeedSide, capability: CapabilitySide, *, meaning: float, generality: float = 0.0, rarity: Rarity | None = None
) -> Signals:
    """The signals of a need and a capability whose vectors have the cosine `meaning`; without a rarity, stems are compared."""
    return Signals(
        meaning=meaning,
        words=_words(need, capability, rarity=rarity),
        cpv_levels=_shared_levels(need.cpv, capability.cpv),
        statements=capability.statements,
        generality=generality,
    )


def similarity_signals(
    one: NeedSide, other: NeedSide, *, meaning: float, generality: float = 0.0, rarity: Rarity | None = None
) -> Signals:
    """The signals of two needs whose vectors have the cosine `meaning`; without a rarity, stems are compared."""
    return Signals(
        meaning=meaning,
        words=_words(one, other, rarity=rarity),
        cpv_levels=_shared_levels(one.cpv, other.cpv),
        generality=generality,
    )


def _words(one: NeedSide | CapabilitySide, other: NeedSide | CapabilitySide, *, rarity: Rarity | None) -> float | None:
    compare = rarity.overlap if rarity else overlap
    return compare(one.text, other.text, language=one.language, other_language=other.language)


def _shared_levels(one: tuple[str, ...], other: tuple[str, ...]) -> int | None:
    return len(shared_cpv_path(one, other)) if one and other else None
