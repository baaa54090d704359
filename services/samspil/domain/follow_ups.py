"""Which later needs carry out what the members of a joint need declared, and the report of who followed up.

A need that refers to the joint need, or to what a member named as its own need, is linked at once. One that only reads like the
joint text is suggested to its buyer. What is found depends on what was published and declared, never on which came first.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from samspil.domain.joint_needs import BINDING
from samspil.domain.joint_words import volumes
from samspil.domain.references import key_of, names_of
from samspil.ports.follow_ups import Candidate, Follower, FollowUp, FollowUpBasis, FollowUpReport, PublishedNeed, RungFollowUps
from samspil.ports.joint_changes import Change, FollowedUp
from samspil.ports.joint_needs import JointMember, JointNeed
from samspil_schemas import NeedPublished, Rung
from samspil_schemas.base import LIST_MAX

_SIGNED = {Rung.INTENT_SIGNER: "that signed intent", Rung.FIRST_BUYER: "that committed to a first purchase"}


def heard(known: PublishedNeed | None, event: NeedPublished, *, at: datetime) -> PublishedNeed:
    """What is known of a need after one more of its versions; the same for any order of them."""
    statement = event.statement
    dated = statement.source.published_at if statement.source else None
    now = PublishedNeed(
        need_id=event.need_id,
        version=event.version,
        buyer_id=statement.buyer.id,
        title=statement.title,
        heard_at=at,
        dated_at=dated.astimezone(UTC) if dated else None,
        names=names_of(event.need_id, statement),
        follows=tuple(sorted(set(statement.follows))),
    )
    if known is None:
        return now
    return replace(
        max(now, known, key=lambda one: one.version),
        heard_at=min(now.heard_at, known.heard_at),
        names=now.names | known.names,
        follows=tuple(sorted({*now.follows, *known.follows})),
    )


def named_needs(joint: JointNeed) -> frozenset[str]:
    """The needs that any member ever named as its own."""
    return frozenset[str]().union(*(member.named for member in joint.members.values()))


def recognised(
    joint: JointNeed, needs: Iterable[PublishedNeed], *, named: Iterable[PublishedNeed], rejected: Collection[str]
) -> list[tuple[str, FollowedUp]]:
    """What is to be linked because it refers to what it follows: each with the body that published it, by need.

    Args:
        joint: the joint need.
        needs: what those who are or were members published.
        named: what is known of the needs that members named as their own.
        rejected: the needs whose buyers said that they are no follow-up.
    """
    citable = {key_of(joint.joint_need_id)}.union(*(need.names for need in named))
    room = {id_: LIST_MAX - sum(buyer_id == id_ for buyer_id, _ in joint.follow_ups) for id_ in joint.members}
    found = []
    for need in sorted(needs, key=lambda one: one.need_id):
        reference = next((one for one in need.follows if key_of(one) in citable - need.names), None)
        if reference is None or need.need_id in rejected or not _may_follow(joint, need) or not room[need.buyer_id]:
            continue
        room[need.buyer_id] -= 1
        found.append((need.buyer_id, follow_up_of(need, basis=FollowUpBasis.REFERENCE, reference=reference)))
    return found


def suggested(joint: JointNeed, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that a member has to say yes or no to: not linked, and published since it declared its intent."""
    return [
        one
        for one in candidates
        if one.need.buyer_id in joint.commitments
        and _may_follow(joint, one.need)
        and one.need.published_at.date() >= declared_on(joint.members[one.need.buyer_id])
    ]


def _may_follow(joint: JointNeed, need: PublishedNeed) -> bool:
    pair = (need.buyer_id, need.need_id)
    member = joint.members.get(need.buyer_id)
    decided = pair in joint.follow_ups or pair in joint.unlinked
    return member is not None and member.signed is not None and need.need_id not in member.seeds and not decided


def follow_up_of(need: PublishedNeed, *, basis: FollowUpBasis, reference: str | None = None) -> FollowedUp:
    """The link, as the history says it."""
    return FollowedUp(
        need_id=need.need_id,
        basis=basis,
        reference=reference,
        title=need.title,
        published_at=need.published_at.astimezone(UTC),
    )


def declared_on(member: JointMember) -> date:
    """The date on its first declaration of an intent; where it has none, the day on which that was recorded.

    Raises:
        ValueError: it never declared one.
    """
    if member.signed is None or member.signed_at is None:
        raise ValueError(f"{member.buyer_id} never declared an intent")
    return member.signed.signed_on or member.signed_at.date()


def reported(joint: JointNeed) -> FollowUpReport:
    """Who followed up, of all that ever declared an intent."""
    signed = [member for member in joint.members.values() if member.signed is not None]
    bodies = [_follower(joint, member) for member in sorted(signed, key=lambda one: (declared_on(one), one.buyer_id))]
    totals = tuple(total for rung in BINDING if (total := _total(rung, bodies)).bodies)
    return FollowUpReport(sentence=_sentence(totals), totals=totals, bodies=tuple(bodies))


def sentence_of(joint: JointNeed) -> str | None:
    """Who followed up in one sentence; None while nobody has signed an intent."""
    return reported(joint).sentence


def followed_in_words(one: FollowUp) -> str:
    """One follow-up for people: what, when, and why it counts."""
    said = f"{one.title} ({one.need_id})" if one.title else one.need_id
    apart = f"{one.days} days after it declared" if one.days >= 0 else f"{-one.days} days before it declared"
    in_time = {True: ", in time", False: ", after its horizon", None: ""}[one.in_time]
    why = {
        FollowUpBasis.REFERENCE: f"it refers to {one.reference}",
        FollowUpBasis.TEXT: "its text was confirmed",
        FollowUpBasis.NAMED: "named by the body",
    }[one.basis]
    return f"{said}, {one.published_on.isoformat()}, {apart}{in_time}; {why}"


def _follower(joint: JointNeed, member: JointMember) -> Follower:
    # Who has withdrawn is shown with what it had signed.
    stands = member.commitment or member.signed
    if stands is None:
        raise ValueError(f"{member.buyer_id} never declared anything")
    since, horizon = declared_on(member), stands.horizon
    links = [
        _follow_up(change, since=since, horizon=horizon) for (by, _), change in joint.follow_ups.items() if by == member.buyer_id
    ]
    return Follower(
        buyer_id=member.buyer_id,
        name=stands.body.name,
        country=stands.body.country,
        rung=member.commitment.rung if member.commitment else None,
        declared_on=since,
        horizon=horizon,
        volume=stands.volume,
        follow_ups=tuple(sorted(links, key=lambda one: (one.published_on, one.need_id))),
    )


def _follow_up(change: Change, *, since: date, horizon: date | None) -> FollowUp:
    content = change.content
    if not isinstance(content, FollowedUp):
        raise TypeError(f"a follow-up is recorded as {content.kind}")
    published_on = (content.published_at or change.at).date()
    return FollowUp(
        need_id=content.need_id,
        title=content.title,
        basis=content.basis or FollowUpBasis.NAMED,
        reference=content.reference,
        published_on=published_on,
        days=(published_on - since).days,
        in_time=published_on <= horizon if horizon else None,
    )


def _total(rung: Rung, bodies: Sequence[Follower]) -> RungFollowUps:
    standing = [body for body in bodies if body.rung is rung]
    followed = [body for body in standing if body.follow_ups]
    return RungFollowUps(
        rung=rung,
        bodies=len(standing),
        followed_up=len(followed),
        volumes=volumes(body.volume for body in standing),
        followed_up_volumes=volumes(body.volume for body in followed),
    )


def _sentence(totals: Sequence[RungFollowUps]) -> str | None:
    """Such as "7 of 13 that signed intent have followed up"."""
    said = [f"{total.followed_up} of {total.bodies} {_SIGNED[total.rung]}" for total in totals]
    verb = "has" if len(totals) == 1 and totals[0].followed_up == 1 else "have"
    return f"{' and '.join(said)} {verb} followed up" if said else None
