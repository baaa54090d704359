"""Invitations: one for each supplier and dialogue, whatever the order of the events.

A supplier that was matched to a version of the need that announces the dialogue with automatic invitations is invited, once, and
stays invited: the dialogue is open to all, so nobody is uninvited. Where that version wants a review, the supplier awaits it as
long as the match holds. Which events were heard decides, never when.

What the supplier's preferences withhold is issued all the same, so that buyers and other suppliers see nothing of them; only the
supplier is not told, until they change. Of what it was told once, it hears to the end.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from samspil import ids
from samspil.domain.dialogue import DialogueEvent, has_begun, open_offer, policy_for, why_closed
from samspil.domain.preferences import withheld
from samspil.errors import Conflict
from samspil.ports import Dialogue, Head, HeardMatch, InvitationStatus, Invitee, Preferences, Prospect
from samspil_schemas import (
    DialogueChanged,
    InvitationCancelled,
    InvitationChanged,
    InvitationIssued,
    InvitationPolicy,
    MatchFound,
    MatchWithdrawn,
    WithdrawalReason,
)

InvitationEvent = InvitationIssued | InvitationChanged | InvitationCancelled
_OF_THE_NEED = frozenset({WithdrawalReason.NEED_CHANGED, WithdrawalReason.NEED_WITHDRAWN})
_BY_WITHDRAWAL = frozenset({WithdrawalReason.NEED_WITHDRAWN, WithdrawalReason.PROFILE_WITHDRAWN})


def not_invited(*, need_id: str, supplier_id: str, dialogue_id: str | None = None) -> Invitee:
    """A supplier and a dialogue (by default that of the need's statement) of which nothing was heard together yet."""
    dialogue_id = dialogue_id or ids.dialogue_id(need_id=need_id)
    return Invitee(
        invitation_id=ids.invitation_id(dialogue_id=dialogue_id, supplier_id=supplier_id),
        dialogue_id=dialogue_id,
        need_id=need_id,
        supplier_id=supplier_id,
    )


def match_found(invitee: Invitee, event: MatchFound) -> Invitee:
    """The facts after a match was heard of; of two words on the same versions, the later counts."""
    heard = HeardMatch(
        match_id=event.match_id,
        need_version=event.need_version,
        profile_version=event.profile_version,
        supplier_name=event.supplier_name,
        score=event.score,
        threshold=event.threshold,
        evidence=event.evidence,
        found_at=event.found_at,
    )
    by_versions: dict[tuple[int, int], HeardMatch] = {}
    for match in sorted((*invitee.matches, heard), key=lambda match: (match.found_at, match.score)):
        by_versions[match.versions] = match
    return replace(invitee, matches=tuple(match for _, match in sorted(by_versions.items())))


def match_withdrawn(invitee: Invitee, event: MatchWithdrawn) -> Invitee:
    """The facts after a match ended: the side that ended it was evaluated in this version."""
    by_withdrawal = event.reason in _BY_WITHDRAWAL
    if event.reason in _OF_THE_NEED:
        return replace(invitee, need_head=max(invitee.need_head, Head(event.need_version, by_withdrawal)))
    return replace(invitee, profile_head=max(invitee.profile_head, Head(event.profile_version, by_withdrawal)))


def relevant(invitee: Invitee, dialogue: Dialogue) -> Invitee:
    """Without the matches to versions of the need that are known to announce no dialogue: they never count."""
    unseen = InvitationPolicy.AUTOMATIC
    matches = tuple(match for match in invitee.matches if policy_for(dialogue, match.need_version, unseen=unseen) is not None)
    return replace(invitee, matches=matches)


def approved(invitee: Invitee) -> Invitee:
    """The facts after the buyer has approved the invitation.

    Raises:
        Conflict: there is nothing to approve.
    """
    if invitee.status is not InvitationStatus.AWAITING_REVIEW:
        raise Conflict(
            "This invitation does not await review: its dialogue was cancelled, or the supplier no longer matches.",
            hint="Look at the invitations that do.",
        )
    return replace(invitee, approved=True)


def advanced(
    invitee: Invitee,
    dialogue: Dialogue,
    *,
    said: DialogueEvent | None,
    preferences: Preferences,
    language: str | None,
    at: datetime,
) -> tuple[Invitee, InvitationEvent | None]:
    """The invitation after saying what the facts ask for, and what was said; None where nothing is new.

    Args:
        invitee: the facts of the pair, and the invitation as it was.
        dialogue: the dialogue as it is now (`dialogue.advanced`).
        said: what was said of the dialogue on the way to what it is now.
        preferences: what the supplier wants to be sent.
        language: what the supplier reads, if known; otherwise the need's language is used.
        at: the moment of saying it.
    """
    if has_begun(dialogue) or not dialogue.revision:
        return invitee, None
    status, best = _status(invitee, dialogue), _best(invitee, dialogue)
    now = replace(
        invitee,
        status=status,
        supplier_name=best.supplier_name if best and status else None,
        score=best.score if best and status else None,
    )
    was_issued = invitee.status is InvitationStatus.ISSUED
    if status is InvitationStatus.ISSUED and (best is not None or was_issued):
        if not was_issued:
            now = replace(now, revision=now.revision + 1, issued_at=at, told=False)
        elif isinstance(said, DialogueChanged):
            now = replace(now, revision=now.revision + 1)
        return _told(now, dialogue, said=said, match=best, preferences=preferences, language=language, at=at)
    if status is InvitationStatus.CANCELLED and was_issued:
        now = replace(now, revision=now.revision + 1)
        cancelled = InvitationCancelled(**_names(now), reason=why_closed(dialogue), cancelled_at=at)
        return now, cancelled if now.told else None
    return now, None


def _told(
    invitee: Invitee,
    dialogue: Dialogue,
    *,
    said: DialogueEvent | None,
    match: HeardMatch | None,
    preferences: Preferences,
    language: str | None,
    at: datetime,
) -> tuple[Invitee, InvitationEvent | None]:
    """The issued invitation after telling the supplier what is new to it, unless its preferences withhold that."""
    if not invitee.told:
        if match is None or withheld(preferences, _prospect(match, dialogue, need_id=invitee.need_id)) is not None:
            return invitee, None
        return replace(invitee, told=True), _issued(invitee, dialogue, match=match, language=language, at=at)
    if isinstance(said, DialogueChanged):
        about = {name: getattr(said, name) for name in ("title", "announcement", "changes", "previous")}
        return invitee, InvitationChanged(**_names(invitee), **about, changed_at=at)
    return invitee, None


def _prospect(match: HeardMatch, dialogue: Dialogue, *, need_id: str) -> Prospect:
    offer = open_offer(dialogue)
    return Prospect(
        need_id=need_id,
        cpv=offer.cpv if offer else None,
        regions=offer.regions if offer else (),
        score=match.score,
        threshold=match.threshold,
    )


def _status(invitee: Invitee, dialogue: Dialogue) -> InvitationStatus | None:
    if open_offer(dialogue) is None:
        return InvitationStatus.CANCELLED if invitee.revision else None
    policies = {match.versions: policy_for(dialogue, match.need_version, unseen=None) for match in invitee.matches}
    if invitee.approved or InvitationPolicy.AUTOMATIC in policies.values():
        return InvitationStatus.ISSUED
    reviewed = [match for match in invitee.matches if policies[match.versions] is InvitationPolicy.AFTER_REVIEW]
    return InvitationStatus.AWAITING_REVIEW if any(_holds(match, invitee) for match in reviewed) else None


def _holds(match: HeardMatch, invitee: Invitee) -> bool:
    return Head(match.need_version) >= invitee.need_head and Head(match.profile_version) >= invitee.profile_head


def _best(invitee: Invitee, dialogue: Dialogue) -> HeardMatch | None:
    """The newest match with a version that announces the dialogue."""
    counting = [match for match in invitee.matches if policy_for(dialogue, match.need_version, unseen=None) is not None]
    return max(counting, key=lambda match: match.versions, default=None)


def _issued(invitee: Invitee, dialogue: Dialogue, *, match: HeardMatch, language: str | None, at: datetime) -> InvitationIssued:
    offer = open_offer(dialogue)
    if offer is None or offer.announcement is None:
        raise AssertionError("an invitation is issued only to an open dialogue")
    return InvitationIssued(
        **_names(invitee),
        match_id=match.match_id,
        title=offer.title,
        language=language or offer.language,
        title_language=offer.language,
        buyer_id=offer.buyer_id,
        buyer_name=offer.buyer_name,
        announcement=offer.announcement,
        score=match.score,
        evidence=match.evidence,
        issued_at=at,
    )


def _names(invitee: Invitee) -> dict[str, Any]:
    return {
        "invitation_id": invitee.invitation_id,
        "revision": invitee.revision,
        "dialogue_id": invitee.dialogue_id,
        "need_id": invitee.need_id,
        "supplier_id": invitee.supplier_id,
    }
