"""Between the contract, the two sides of a pair, and the points of the vector index."""

from datetime import datetime

from samspil.domain.pairs import CapabilitySide, NeedSide
from samspil.domain.sameness import fold_keys
from samspil.domain.similar import publication
from samspil.domain.text import sentences
from samspil.ports import Entry, Hit, Point, Vectors
from samspil_schemas import NeedPublished, ProfilePublished

NEED_PART = "need"
ASKS_MAX = 12


def need_side(need: NeedPublished) -> NeedSide:
    """What matching knows of a need."""
    statement = need.statement
    # Effects are often short targets, and the real asks stand in the description.
    effects = tuple(ask for effect in statement.effects for ask in sentences(effect))
    asks = (*effects, *sentences(statement.description))
    # Notices often begin their description with the title; said twice, it would weigh twice.
    title = () if statement.description.startswith(statement.title) else (statement.title,)
    parts = (*title, statement.description, *statement.effects, statement.situation, *statement.constraints)
    return NeedSide(
        need_id=need.need_id,
        version=need.version,
        title=statement.title,
        text="\n".join(part for part in parts if part),
        asks=asks[:ASKS_MAX] or (statement.title,),
        effects=min(len(effects), ASKS_MAX),
        language=statement.language,
        buyer_id=statement.buyer.id,
        buyer_name=statement.buyer.name,
        country=statement.buyer.country,
        cpv=statement.cpv,
        regions=statement.regions,
        excluded_suppliers=frozenset(statement.excluded_suppliers),
        fold_keys=fold_keys(publication(statement)),
        joint_members=frozenset(statement.joint_members),
        answer_deadline=statement.answer_deadline,
    )


def capability_sides(published: ProfilePublished) -> list[CapabilitySide]:
    """What matching knows of each capability of a profile."""
    profile = published.profile
    languages = tuple(dict.fromkeys((*profile.languages, *(capability.language for capability in profile.capabilities))))
    return [
        CapabilitySide(
            supplier_id=published.supplier_id,
            supplier_name=profile.name,
            version=published.version,
            statement_id=capability.id,
            text=capability.text,
            language=capability.language,
            cpv=tuple(dict.fromkeys((*capability.cpv, *profile.cpv))),
            regions=profile.regions,
            excluded_buyers=frozenset(profile.exclusions.buyers),
            excluded_cpv=frozenset(profile.exclusions.cpv),
            excluded_regions=profile.exclusions.regions,
            statements=len(profile.capabilities),
            languages=languages,
        )
        for capability in profile.capabilities
    ]


def need_entry(need: NeedSide, vector: Vectors) -> Entry:
    """The need as the index holds it: one point."""
    point = Point(
        part=NEED_PART,
        text=need.text,
        language=need.language,
        vector=vector,
        cpv=need.cpv,
        regions=need.regions,
        buyer_id=need.buyer_id,
        members=tuple(sorted(need.joint_members)),
        payload={
            "title": need.title,
            "asks": list(need.asks),
            "effects": need.effects,
            "buyer_name": need.buyer_name,
            "country": need.country,
            "excluded_suppliers": sorted(need.excluded_suppliers),
            "fold_keys": list(need.fold_keys),
            "joint_members": sorted(need.joint_members),
            "answer_deadline": need.answer_deadline.isoformat() if need.answer_deadline else None,
        },
    )
    return Entry(owner_id=need.need_id, version=need.version, points=(point,))


def need_from(hit: Hit) -> NeedSide:
    """The need that a hit shows."""
    deadline = hit.payload.get("answer_deadline")  # an index that was filled before has none
    return NeedSide(
        need_id=hit.owner_id,
        version=hit.version,
        title=hit.payload["title"],
        text=hit.text,
        asks=tuple(hit.payload["asks"]),
        effects=hit.payload.get("effects", 0),  # an index that was filled before has none
        language=hit.language,
        buyer_id=hit.buyer_id or "",
        buyer_name=hit.payload["buyer_name"],
        country=hit.payload["country"],
        cpv=hit.cpv,
        regions=hit.regions,
        excluded_suppliers=frozenset(hit.payload["excluded_suppliers"]),
        fold_keys=tuple(hit.payload.get("fold_keys", ())),  # an index that was filled before has none
        joint_members=frozenset(hit.payload.get("joint_members", ())),  # an index that was filled before has none
        answer_deadline=datetime.fromisoformat(deadline) if deadline else None,
    )


def supplier_entry(capabilities: list[CapabilitySide], vectors: Vectors) -> Entry:
    """A profile as the index holds it: one point for each capability. `vectors` has shape (capabilities, d)."""
    first = capabilities[0]
    points = tuple(
        Point(
            part=capability.statement_id,
            text=capability.text,
            language=capability.language,
            vector=vector,
            cpv=capability.cpv,
            regions=capability.regions,
            payload={
                "supplier_name": capability.supplier_name,
                "excluded_buyers": sorted(capability.excluded_buyers),
                "excluded_cpv": sorted(capability.excluded_cpv),
                "excluded_regions": list(capability.excluded_regions),
                "statements": capability.statements,
                "languages": list(capability.languages),
            },
        )
        for capability, vector in zip(capabilities, vectors, strict=True)
    )
    return Entry(owner_id=first.supplier_id, version=first.version, points=points)


def capability_from(hit: Hit) -> CapabilitySide:
    """The capability that a hit shows."""
    return CapabilitySide(
        supplier_id=hit.owner_id,
        supplier_name=hit.payload["supplier_name"],
        version=hit.version,
        statement_id=hit.part,
        text=hit.text,
        language=hit.language,
        cpv=hit.cpv,
        regions=hit.regions,
        excluded_buyers=frozenset(hit.payload["excluded_buyers"]),
        excluded_cpv=frozenset(hit.payload["excluded_cpv"]),
        excluded_regions=tuple(hit.payload["excluded_regions"]),
        statements=hit.payload.get("statements", 1),  # an index that was filled before has none
        languages=tuple(hit.payload.get("languages", ())),
    )
