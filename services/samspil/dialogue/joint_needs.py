"""Keeps joint needs: decides by their rules, and records what was decided.

A decision is one transaction that holds the joint need: the history, what follows from it, the need that states its text and the
outbox stand or fall together. Two buyers who join at the same instant come one after the other, and each is a change of its own.
The revision is counted in that transaction, so that snapshots leave the outbox in the order of their revisions.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from samspil import ids
from samspil.clock import Clock
from samspil.domain import joint_rules
from samspil.domain.follow_ups import follow_up_of, heard, reported, suggested
from samspil.domain.joint_needs import folded
from samspil.domain.joint_proposals import made_by, require_in_one_alone
from samspil.domain.joint_said import changes_of, grown, risen, statement_of, stored
from samspil.domain.joint_snapshot import published
from samspil.errors import Conflict, Forbidden, NotFound, Refused
from samspil.ports import Readings, Record, StoredNeed, readers_of
from samspil.ports.follow_ups import FollowUpBasis, PublishedNeed
from samspil.ports.joint_changes import Change, Commitment, Content, JointText, Proposed
from samspil.ports.joint_needs import JointNeed, StoredJointNeed
from samspil.ports.joint_service import (
    Declaration,
    FollowedUpJointNeed,
    FollowUpReadings,
    JointNeedTransaction,
    Proposal,
    Recorded,
)
from samspil_schemas import Buyer, MemberRole, NeedPublished, NeedStatement, SimilarNeed, topics
from samspil_schemas.base import MATCHES_MAX

_PROPOSALS = "joint-need-proposals"


class KeptJointNeeds:
    """Implements `JointNeeds` over the record."""

    def __init__(
        self,
        record: Record[JointNeedTransaction],
        *,
        readings: Readings,
        joint_readings: FollowUpReadings,
        clock: Clock,
        stages: Sequence[str] = joint_rules.DEFAULT_STAGES,
    ) -> None:
        """Make the service.

        Args:
            record: opens transactions.
            readings: the needs of the buyers, and the finds of the same need elsewhere.
            joint_readings: the joint needs, and what follows them up.
            clock: tells when something was done.
            stages: of the process, in order; a joint need begins in the first.
        """
        self._record = record
        self._readings = readings
        self._joint_readings = joint_readings
        self._clock = clock
        self._stages = tuple(stages)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of the configured process, in order."""
        return self._stages

    async def joint_need(self, joint_need_id: str) -> StoredJointNeed | None:
        """The joint need, closed or not, or None."""
        return await self._joint_readings.joint_need(joint_need_id)

    async def joint_needs(
        self,
        *,
        open_only: bool = True,
        buyer_id: str | None = None,
        need_id: str | None = None,
        finds_of: Collection[str] | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[StoredJointNeed]:
        """Joint needs, the newest change first; see `JointNeedReadings`."""
        return await self._joint_readings.joint_needs(
            open_only=open_only, buyer_id=buyer_id, need_id=need_id, finds_of=finds_of, limit=limit, offset=offset
        )

    async def joint_need_history(self, joint_need_id: str) -> list[Change]:
        """Every change, in the order in which they were recorded."""
        return await self._joint_readings.joint_need_history(joint_need_id)

    async def propose(self, proposal: Proposal, *, by: str) -> Recorded:
        """Begin a joint need with the text of one's own need, as its need owner. The same proposal again changes nothing.

        Raises:
            NotFound: there is no such need, or no such find.
            Forbidden: the need is another buyer's.
            Conflict: there is a joint need to join, or this made one that stands on other terms; it is named.
            Refused: the commitment is against a rule, or the need is a joint need.
        """
        need = await self._own_need(proposal.need_id, by=by)
        find = await self._find(proposal) if proposal.other_need_id else None
        said = Proposed(
            need_id=need.need_id,
            other_need_id=find.other_need_id if find else None,
            other_buyer_id=find.other_buyer_id if find else None,
            similar_id=find.similar_id if find else None,
            score=find.score if find else None,
        )
        commitment = _commitment(proposal, body=need.statement.buyer, need_id=need.need_id)
        contents = joint_rules.proposed(said, proposal.text or _text_of(need.statement), commitment, stage=self._stages[0])
        async with self._record.begin() as transaction:
            # Both sides of a find may propose at once, and one of them comes first.
            await transaction.alone(_PROPOSALS)
            others = (find.other_need_id, *find.also_published) if find else ()
            about = await transaction.open_joint_needs_about([need.need_id, *others])
            made = made_by(proposal, await transaction.stored_joint_needs(about), by=by, others=others)
            if made is not None:
                return _recorded(made, changed=False)
            number = await transaction.count_joint_needs()
            joint = JointNeed(joint_need_id=ids.joint_need_id(need_id=need.need_id, number=number))
            return await put_changes(transaction, joint, [], self._changes(joint, contents, by=by))

    async def declare(self, joint_need_id: str, declaration: Declaration, *, by: str, follows: int | None = None) -> Recorded:
        """Join, or change one's own commitment; `follows`: only if it is in this version.

        Raises:
            NotFound: there is no such joint need, or no such need.
            Forbidden: the need is another body's.
            Conflict: a rule is against it, or the need stands in another open joint need, which is named.
            Refused: the commitment is against a rule, or the need is a joint need.
        """
        need = await self._own_need(declaration.need_id, by=by) if declaration.need_id else None
        async with self._record.begin() as transaction:
            if need is not None:
                # No other joint need gets this need meanwhile. Who waits for both waits for this before the joint need.
                await transaction.alone(_PROPOSALS)
            joint, known = await _held(transaction, joint_need_id)
            commitment = _commitment(declaration, body=_body(declaration, need, joint, by=by), need_id=declaration.need_id)
            contents = joint_rules.declared(joint, commitment, by=by, follows=follows)
            if contents and need is not None:
                about = await transaction.open_joint_needs_about([need.need_id])
                stand = await transaction.stored_joint_needs(about)
                require_in_one_alone(need.need_id, stand, joint_need_id=joint_need_id)
            return await self._put(transaction, joint, known, contents, by=by)

    async def withdraw(self, joint_need_id: str, *, by: str, reason: str | None = None) -> Recorded:
        """Leave; what was undertaken stays in the history."""
        return await self._decide(joint_need_id, lambda joint: joint_rules.withdrawn(joint, by=by, reason=reason), by=by)

    async def state_text(self, joint_need_id: str, text: JointText, *, by: str) -> Recorded:
        """Change the joint text."""
        return await self._decide(joint_need_id, lambda joint: joint_rules.restated(joint, text, by=by), by=by)

    async def move(self, joint_need_id: str, stage: str, *, by: str, note: str | None = None) -> Recorded:
        """Go into another stage."""

        def decide(joint: JointNeed) -> Sequence[Content]:
            return joint_rules.moved(joint, stage, stages=self._stages, by=by, note=note)

        return await self._decide(joint_need_id, decide, by=by)

    async def offer(self, joint_need_id: str, role: MemberRole, buyer_id: str, *, by: str) -> Recorded:
        """Offer a role to a member."""
        return await self._decide(joint_need_id, lambda joint: joint_rules.offered(joint, role, buyer_id, by=by), by=by)

    async def take_back(self, joint_need_id: str, role: MemberRole, buyer_id: str, *, by: str) -> Recorded:
        """Take an offer back."""
        return await self._decide(joint_need_id, lambda joint: joint_rules.taken_back(joint, role, buyer_id, by=by), by=by)

    async def accept(self, joint_need_id: str, role: MemberRole, *, by: str) -> Recorded:
        """Take on a role that was offered."""
        return await self._decide(joint_need_id, lambda joint: joint_rules.accepted(joint, role, by=by), by=by)

    async def end_role(self, joint_need_id: str, role: MemberRole, buyer_id: str, *, by: str) -> Recorded:
        """End a facilitator's role: one's own, or as the need owner anyone's."""
        return await self._decide(joint_need_id, lambda joint: joint_rules.ended(joint, role, buyer_id, by=by), by=by)

    async def follow_up(self, joint_need_id: str, need_id: str, *, by: str) -> Recorded:
        """Say which later need of one's own carries out what one declared, or confirm that one does."""
        need = await self._own_need(need_id, by=by)
        alike = await self._joint_readings.follow_up_candidates(joint_need_id, buyer_id=by)
        basis = FollowUpBasis.TEXT if need_id in {one.need.need_id for one in alike} else FollowUpBasis.NAMED
        async with self._record.begin() as transaction:
            joint, known = await _held(transaction, joint_need_id)
            heard_of = next(iter(await transaction.published_needs([need_id])), None) or self._heard(need)
            contents = joint_rules.followed_up(joint, follow_up_of(heard_of, basis=basis), by=by)
            return await self._put(transaction, joint, known, contents, by=by)

    async def reject_follow_up(self, joint_need_id: str, need_id: str, *, by: str) -> Recorded:
        """Say that a need of one's own does not carry out what one declared; it is not suggested or linked again.

        Raises:
            NotFound: there is no such joint need, or no such need.
            Forbidden: the need is another body's.
        """
        async with self._record.begin() as transaction:
            joint, known = await _held(transaction, joint_need_id)
            if (by, need_id) not in joint.follow_ups:
                await self._own_need(need_id, by=by)
            remembered = await transaction.reject_follow_up(joint_need_id, need_id, by=by)
            recorded = await self._put(transaction, joint, known, joint_rules.not_followed_up(joint, need_id, by=by), by=by)
            return replace(recorded, changed=recorded.changed or remembered)

    async def follow_ups(self, joint_need_id: str, *, by: str | None = None) -> FollowedUpJointNeed | None:
        """Who followed up, and what `by` may confirm; None where there is no such joint need."""
        history = await self._joint_readings.joint_need_history(joint_need_id)
        if not history:
            return None
        joint = folded(joint_need_id, history)
        asked = by is not None and by in joint.members
        candidates = await self._joint_readings.follow_up_candidates(joint_need_id, buyer_id=by) if by and asked else []
        return FollowedUpJointNeed(report=reported(joint), suggestions=tuple(suggested(joint, candidates)))

    async def close(self, joint_need_id: str, *, by: str, reason: str | None = None) -> Recorded:
        """Close the joint need; nobody can change it any more."""
        return await self._decide(joint_need_id, lambda joint: joint_rules.closed(joint, by=by, reason=reason), by=by)

    async def _decide(self, joint_need_id: str, decide: Callable[[JointNeed], Sequence[Content]], *, by: str) -> Recorded:
        async with self._record.begin() as transaction:
            joint, known = await _held(transaction, joint_need_id)
            return await self._put(transaction, joint, known, decide(joint), by=by)

    async def _put(
        self,
        transaction: JointNeedTransaction,
        joint: JointNeed,
        known: Sequence[Change],
        contents: Sequence[Content],
        *,
        by: str,
    ) -> Recorded:
        new = self._changes(joint, contents, by=by)
        if not new:
            return Recorded(joint_need_id=joint.joint_need_id, revision=joint.revision, changed=False)
        return await put_changes(transaction, joint, known, new)

    def _heard(self, need: StoredNeed) -> PublishedNeed:
        """What is known of a need that stands in the record before it was heard of on the topic."""
        published = NeedPublished(need_id=need.need_id, version=need.version, statement=need.statement)
        return heard(None, published, at=self._clock.now())

    def _changes(self, joint: JointNeed, contents: Sequence[Content], *, by: str) -> list[Change]:
        return changes_of(joint, contents, by=by, at=self._clock.now())

    async def _own_need(self, need_id: str, *, by: str) -> StoredNeed:
        if need_id.startswith(ids.JOINT_PREFIX):
            raise Refused(f"{need_id} is a joint need, which is no body's own.", hint="Name a need of your own.")
        need = await self._readings.need(need_id)
        if need is None or need.withdrawn:
            raise NotFound(f"There is no open need {need_id}.", hint="Check the id; a new need takes a moment to be recorded.")
        if need.statement.buyer.id != by:
            raise Forbidden(f"The need {need_id} is another body's.", hint="Name a need of your own.")
        return need

    async def _find(self, proposal: Proposal) -> SimilarNeed:
        found = await self._readings.similar_to(proposal.need_id, limit=MATCHES_MAX)
        for one in found:
            publications = (one.other_need_id, *one.also_published)
            if proposal.other_need_id in publications:
                for known in publications:
                    if known.startswith(ids.JOINT_PREFIX):
                        raise Conflict(f"It is the joint need {known} already.", hint="Join that one.")
                return one
        raise NotFound(
            f"{proposal.other_need_id} was not found to be the same need as {proposal.need_id}.",
            hint="See /v1/needs/…/similar for those that were, or leave other_need_id out.",
        )


async def _held(transaction: JointNeedTransaction, joint_need_id: str) -> tuple[JointNeed, list[Change]]:
    """The joint need and its history, held until the end of the transaction.

    Raises:
        NotFound: there is none.
    """
    known = await transaction.joint_need_changes(joint_need_id)
    if not known:
        raise NotFound(f"There is no joint need {joint_need_id}.", hint="Look for it at /v1/joint-needs.")
    return folded(joint_need_id, known), known


async def put_changes(
    transaction: JointNeedTransaction, before: JointNeed, known: Sequence[Change], new: Sequence[Change]
) -> Recorded:
    """Record the changes and say what is to be said of them."""
    after = folded(before.joint_need_id, [*known, *new])
    now = stored(after)
    await transaction.put_joint_need(now)
    await transaction.add_joint_need_changes(after.joint_need_id, new)
    if known and risen(before, after):
        suppliers = await transaction.matched_suppliers(after.joint_need_id)
        await transaction.enqueue(grown(before, after, supplier_ids=suppliers), awaiting=readers_of(topics.MATCHES))
    statement = statement_of(after)
    if statement is not None:
        await transaction.state_joint_need(after.joint_need_id, statement)
    else:
        await transaction.end_joint_need(after.joint_need_id, reason=now.changed.closed_because)
    await transaction.enqueue([published(now.changed)], awaiting=readers_of(topics.JOINT_NEEDS))
    return _recorded(now, changed=True)


def _recorded(joint: StoredJointNeed, *, changed: bool) -> Recorded:
    return Recorded(joint_need_id=joint.changed.joint_need_id, revision=joint.changed.revision, changed=changed)


def _text_of(statement: NeedStatement) -> JointText:
    return JointText.model_validate({name: getattr(statement, name) for name in JointText.model_fields})


def _commitment(said: Proposal | Declaration, *, body: Buyer, need_id: str | None) -> Commitment:
    return Commitment(
        rung=said.rung,
        body=body,
        need_id=need_id,
        undertaking=said.undertaking,
        volume=said.volume,
        horizon=said.horizon,
        signed_on=said.signed_on,
    )


def _body(declaration: Declaration, need: StoredNeed | None, joint: JointNeed, *, by: str) -> Buyer:
    """Who declares: as it says itself, as its need says, or as it said before."""
    member = joint.members.get(by)
    before = member.commitment.body if member and member.commitment else None
    known = need.statement.buyer if need else before
    name, country = declaration.name or (known and known.name), declaration.country or (known and known.country)
    if not name or not country:
        raise Refused("It is not known who declares.", hint="Give name and country, or need_id of an open need of yours.")
    return Buyer(id=by, name=name, country=country)
