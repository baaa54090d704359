"""In-memory ports behind the web, and a client that speaks to it in the role it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from samspil.adapters.calendar import ICalendarFiles
from samspil.clock import ManualClock
from samspil.dialogue.joint_needs import KeptJointNeeds
from samspil.dialogue.registering import KeptRegistrations
from samspil.domain.disclosures import appended, head_of, shown_in
from samspil.domain.ocds import OcdsPublisher
from samspil.domain.preferences import learned, withheld
from samspil.errors import Conflict, Forbidden, NotFound
from samspil.ports import (
    DialogueState,
    FeedbackCount,
    GroupLag,
    InvitationStatus,
    LedgerRow,
    LedgerSummary,
    Lift,
    NeedStatus,
    NoTeams,
    Opinion,
    Preferences,
    Principal,
    Prospect,
    RecordedDialogue,
    Role,
    SourceOrder,
    StoredDialogue,
    StoredInvitation,
    StoredNeed,
    StoredProfile,
    Submitted,
    SuggestedTeam,
    Suggestion,
    SupplierMatch,
    TeamMember,
    Teams,
)
from samspil.ports.disclosures import DisclosureEntry, LedgerHead
from samspil.ports.joint_service import Declaration, Proposal
from samspil.ports.openness import Participant, Publication, PublishedFile, Question, QuestionStatus, RecordedDisclosure, Words
from samspil.web import Check, Contract, WebLimits, WebServices, create_app
from samspil_schemas import (
    Buyer,
    DialogueAnnouncement,
    DialogueCancelled,
    DisclosureMade,
    Evidence,
    FeedbackReason,
    Match,
    MemberRole,
    NeedStatement,
    PreferenceKind,
    SimilarNeed,
    SupplierProfile,
)
from tests.component.joint_fakes import FakeJointRecord
from tests.component.registration_fakes import FakeRegistrations
from tests.factories import a_statement

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def a_pair(need_id: str = "need-1", supplier_id: str = "supplier-1", score: float = 0.9, **changes: Any) -> Match:
    values: dict[str, Any] = {
        "match_id": f"match:{need_id}:{supplier_id}",
        "need_id": need_id,
        "need_version": 1,
        "need_title": "Find leaks in drinking water pipes",
        "buyer_id": "buyer-1",
        "buyer_name": "Northby Sample Municipality",
        "supplier_id": supplier_id,
        "supplier_name": "Listen Sample Acoustics",
        "profile_version": 1,
        "score": score,
        "evidence": (
            Evidence(
                need_sentence="We want to know where, without digging.",
                answer="We hear leaks through hydrants.",
                answer_id="c1",
                need_language="en",
                answer_language="en",
                strength=0.8,
            ),
        ),
        "region": "served",
    }
    return Match(**(values | changes))


def a_twin(need_id: str = "need-1", other_need_id: str = "need-2") -> SimilarNeed:
    return SimilarNeed(
        similar_id=f"similar:{need_id}:{other_need_id}",
        need_id=need_id,
        need_version=1,
        buyer_id="buyer-1",
        other_need_id=other_need_id,
        other_need_version=1,
        other_title="Hitta läckor i dricksvattennätet",
        other_language="sv",
        other_buyer_id="buyer-2",
        other_buyer_name="Söderby exempelkommun",
        other_country="SE",
        score=0.88,
    )


def a_team() -> SuggestedTeam:
    member = TeamMember(supplier_id="supplier-1", supplier_name="Listen Sample Acoustics", covers=a_pair().evidence)
    other = member.model_copy(update={"supplier_id": "supplier-2", "supplier_name": "Dig Sample"})
    return SuggestedTeam(members=(member, other), open=("Without noise.",))


def a_dialogue(dialogue_id: str = "dialogue-1", **changes: Any) -> StoredDialogue:
    values: dict[str, Any] = {
        "dialogue_id": dialogue_id,
        "revision": 1,
        "need_id": "need-1",
        "title": "Find leaks in drinking water pipes",
        "language": "en",
        "buyer_id": "buyer-1",
        "buyer_name": "Northby Sample Municipality",
        "announcement": DialogueAnnouncement(kind="webinar", starts_at=NOW + timedelta(days=7)),
        "said_at": NOW,
        "state": DialogueState.ANNOUNCED,
    }
    return StoredDialogue(**(values | changes))


def an_invitation(invitation_id: str = "invitation-1", **changes: Any) -> StoredInvitation:
    values: dict[str, Any] = {
        "invitation_id": invitation_id,
        "revision": 1,
        "dialogue_id": "dialogue-1",
        "need_id": "need-1",
        "supplier_id": "supplier-1",
        "supplier_name": "Listen Sample Acoustics",
        "title": "Find leaks in drinking water pipes",
        "status": InvitationStatus.ISSUED,
        "score": 0.9,
        "issued_at": NOW,
        "told": True,
    }
    return StoredInvitation(**(values | changes))


def _prospect(match: Match) -> Prospect:
    return Prospect(need_id=match.need_id, cpv="90490000", regions=("DK031",), score=match.score, threshold=match.threshold)


class FakeRecord:
    """Submissions, readings and tokens over dictionaries; `fail` is raised by every call while it is set."""

    def __init__(self) -> None:
        self.stored_needs: dict[str, StoredNeed] = {}
        self.stored_profiles: dict[str, StoredProfile] = {}
        self.all_matches: list[Match] = []
        self.opinions: list[Opinion] = []
        self.lifts: list[Lift] = []
        self.similar: list[SimilarNeed] = []
        self.stored_dialogues: list[StoredDialogue] = []
        self.stored_invitations: list[StoredInvitation] = []
        self.rows: list[LedgerRow] = []
        self.reasons: list[str | None] = []
        self.principals: dict[str, Principal] = {}
        self.checked: list[str] = []
        self.fail: Exception | None = None

    def _failing(self) -> None:
        if self.fail:
            raise self.fail

    async def submit_need(self, need_id: str, statement: NeedStatement, *, order: SourceOrder | None = None) -> Submitted:
        self._failing()
        standing = self.stored_needs.get(need_id)
        if standing and standing.statement.buyer.id != statement.buyer.id:
            raise Conflict("The need belongs to another buyer.", hint="Take another id.")
        if standing and standing.statement == statement and not standing.withdrawn:
            return Submitted(id=need_id, version=standing.version, changed=False)
        version = standing.version + 1 if standing else 1
        self.stored_needs[need_id] = StoredNeed(
            need_id=need_id, version=version, statement=statement, withdrawn=False, changed_at=NOW
        )
        self.rows.insert(
            0,
            LedgerRow(need_id=need_id, version=version, status=NeedStatus.PENDING, buyer_id=statement.buyer.id, accepted_at=NOW),
        )
        return Submitted(id=need_id, version=version, changed=True)

    async def withdraw_need(self, need_id: str, *, reason: str | None = None) -> Submitted:
        self._failing()
        standing = self.stored_needs.get(need_id)
        if standing is None:
            raise NotFound("There is no such need.", hint="Check the id.")
        self.stored_needs[need_id] = replace(standing, withdrawn=True)
        self.reasons.append(reason)
        return Submitted(id=need_id, version=standing.version, changed=not standing.withdrawn)

    async def submit_profile(self, supplier_id: str, profile: SupplierProfile) -> Submitted:
        self._failing()
        standing = self.stored_profiles.get(supplier_id)
        if standing and standing.profile == profile and not standing.withdrawn:
            return Submitted(id=supplier_id, version=standing.version, changed=False)
        version = standing.version + 1 if standing else 1
        self.stored_profiles[supplier_id] = StoredProfile(
            supplier_id=supplier_id, version=version, profile=profile, withdrawn=False
        )
        return Submitted(id=supplier_id, version=version, changed=True)

    async def withdraw_profile(self, supplier_id: str, *, reason: str | None = None) -> Submitted:
        self._failing()
        standing = self.stored_profiles.get(supplier_id)
        if standing is None:
            raise NotFound("There is no such profile.", hint="Publish one first.")
        self.stored_profiles[supplier_id] = replace(standing, withdrawn=True)
        return Submitted(id=supplier_id, version=standing.version, changed=not standing.withdrawn)

    async def need(self, need_id: str) -> StoredNeed | None:
        self._failing()
        return self.stored_needs.get(need_id)

    async def needs(
        self, *, open_only: bool = True, buyer_id: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[StoredNeed]:
        self._failing()
        found = [
            need
            for need in reversed(self.stored_needs.values())
            if not (open_only and need.withdrawn) and buyer_id in (None, need.statement.buyer.id)
        ]
        return found[offset : offset + limit]

    async def profile(self, supplier_id: str) -> StoredProfile | None:
        self._failing()
        return self.stored_profiles.get(supplier_id)

    async def profiles(self, *, limit: int = 100, offset: int = 0) -> list[StoredProfile]:
        self._failing()
        return sorted(self.stored_profiles.values(), key=lambda found: found.supplier_id)[offset : offset + limit]

    async def matches_of_need(self, need_id: str, *, limit: int = 100, offset: int = 0) -> list[Match]:
        self._failing()
        return [match for match in self.all_matches if match.need_id == need_id][offset : offset + limit]

    async def matches(
        self, supplier_id: str, *, with_withheld: bool = False, limit: int = 100, offset: int = 0
    ) -> list[SupplierMatch]:
        self._failing()
        mine = [match for match in self.all_matches if match.supplier_id == supplier_id]
        preferences = await self.preferences(supplier_id)
        found = [SupplierMatch(match=match, withheld=withheld(preferences, _prospect(match))) for match in mine]
        return [one for one in found if with_withheld or one.withheld is None][offset : offset + limit]

    async def give(self, supplier_id: str, match_id: str, *, relevant: bool, reason: FeedbackReason | None = None) -> Preferences:
        self._failing()
        match = next((one for one in self.all_matches if (one.supplier_id, one.match_id) == (supplier_id, match_id)), None)
        if match is None:
            raise NotFound("There is no such match of this supplier.", hint="Look at its matches for their ids.")
        self.opinions.append(
            Opinion(
                supplier_id=supplier_id,
                match_id=match_id,
                need_id=match.need_id,
                revision=len(self.opinions) + 1,
                relevant=relevant,
                reason=reason,
                given_at=NOW + timedelta(seconds=len(self.opinions) + len(self.lifts)),
                title=match.need_title,
                language="en",
                cpv="90490000",
                regions=("DK031",),
            )
        )
        return await self.preferences(supplier_id)

    async def lift(self, supplier_id: str, kind: PreferenceKind, *, value: str | None = None) -> Preferences:
        self._failing()
        found = await self.preferences(supplier_id)
        if value is not None and (kind, value) not in found.words:
            raise NotFound(f"Nothing was learned of the {kind} {value}.", hint="Look at what was.")
        at = NOW + timedelta(seconds=len(self.opinions) + len(self.lifts))
        self.lifts.append(Lift(supplier_id=supplier_id, kind=kind, value=value, lifted_at=at))
        return await self.preferences(supplier_id)

    async def preferences(self, supplier_id: str) -> Preferences:
        self._failing()
        return learned(
            [opinion for opinion in self.opinions if opinion.supplier_id == supplier_id],
            [lift for lift in self.lifts if lift.supplier_id == supplier_id],
        )

    async def by_language(self) -> list[FeedbackCount]:
        self._failing()
        return [FeedbackCount(language="da", relevant=3, reasons={FeedbackReason.FIELD: 1})]

    async def similar_to(self, need_id: str, *, limit: int = 100, offset: int = 0) -> list[SimilarNeed]:
        self._failing()
        return [similar for similar in self.similar if similar.need_id == need_id][offset : offset + limit]

    async def dialogues(
        self, *, need_id: str | None = None, past: bool = False, limit: int = 100, offset: int = 0
    ) -> list[StoredDialogue]:
        self._failing()
        found = [
            dialogue
            for dialogue in self.stored_dialogues
            if need_id in (None, dialogue.need_id) and (past or dialogue.state is DialogueState.ANNOUNCED)
        ]
        return found[offset : offset + limit]

    async def dialogue(self, dialogue_id: str) -> StoredDialogue | None:
        self._failing()
        return next((found for found in self.stored_dialogues if found.dialogue_id == dialogue_id), None)

    async def invitation(self, invitation_id: str) -> StoredInvitation | None:
        self._failing()
        return next((found for found in self.stored_invitations if found.invitation_id == invitation_id), None)

    async def invitations(
        self,
        *,
        supplier_id: str | None = None,
        need_id: str | None = None,
        dialogue_id: str | None = None,
        issued_only: bool = False,
        told_only: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> list[StoredInvitation]:
        self._failing()
        found = [
            invitation
            for invitation in self.stored_invitations
            if supplier_id in (None, invitation.supplier_id)
            and need_id in (None, invitation.need_id)
            and dialogue_id in (None, invitation.dialogue_id)
            and not (issued_only and invitation.issued_at is None)
            and not (told_only and not invitation.told)
        ]
        return found[offset : offset + limit]

    async def ledger(
        self,
        *,
        need_id: str | None = None,
        buyer_id: str | None = None,
        status: NeedStatus | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[LedgerRow]:
        self._failing()
        found = [
            row
            for row in self.rows
            if need_id in (None, row.need_id) and buyer_id in (None, row.buyer_id) and status in (None, row.status)
        ]
        return found[offset : offset + limit]

    async def ledger_summary(self, *, buyer_id: str | None = None) -> LedgerSummary:
        rows = await self.ledger(buyer_id=buyer_id, limit=len(self.rows))
        counts = {status: sum(row.status is status for row in rows) for status in NeedStatus}
        return LedgerSummary(counts={status: count for status, count in counts.items() if count}, oldest_pending=NOW)

    async def totals(self) -> Mapping[Any, int]:
        return {}

    async def issue(self, *, organisation: str, role: Role, label: str = "") -> str:
        token = f"token-{len(self.principals)}-{role}-{organisation}"
        self.principals[token] = Principal(organisation=organisation, role=role, token_id=f"id-{len(self.principals)}")
        return token

    async def check(self, token: str) -> Principal | None:
        self._failing()
        self.checked.append(token)
        return self.principals.get(token)

    async def revoke(self, token_id: str) -> bool:
        found = [token for token, principal in self.principals.items() if principal.token_id == token_id]
        for token in found:
            del self.principals[token]
        return bool(found)


class FakeMatchmaker:
    """Answers with what it is given, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[NeedStatement, int]] = []
        self.fail: BaseException | None = None
        self.no_teams: NoTeams | None = None

    async def suppliers_for(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[Match]:
        self.asked.append((statement, limit))
        if self.fail:
            raise self.fail
        return [a_pair(buyer_id=statement.buyer.id)][:limit]

    async def similar_to(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[SimilarNeed]:
        self.asked.append((statement, limit))
        if self.fail:
            raise self.fail
        return [a_twin()][:limit]

    async def teams_for(self, statement: NeedStatement, *, limit: int = 5) -> Teams:
        self.asked.append((statement, limit))
        if self.fail:
            raise self.fail
        return Teams(wishes=("We want to know where.",), teams=() if self.no_teams else (a_team(),), why_none=self.no_teams)


class FakeSuggester:
    """Answers with one code, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int]] = []

    async def suggest(self, text: str, *, language: str, limit: int = 5) -> Sequence[Suggestion]:
        self.asked.append((text, language, limit))
        return [Suggestion(code="90490000", path=("Sewage", "Leaks"), closeness=0.71)]


class FakeLog:
    async def end_offsets(self) -> Mapping[str, int]:
        return {"samspil.suppliers.v1": 7, "samspil.needs.v1": 12}

    async def lags(self) -> Sequence[GroupLag]:
        return [
            GroupLag(group="registry", topic="samspil.needs.v1", end=12, committed=None),
            GroupLag(group="matching", topic="samspil.needs.v1", end=12, committed=10),
        ]


class FakeHealth:
    def __init__(self) -> None:
        self.report: dict[str, Check] = {"record": Check(ok=True), "log": Check(ok=True)}
        self.fail: Exception | None = None

    async def live(self) -> Mapping[str, Check]:
        return {"matching": Check(ok=True)}

    async def ready(self) -> Mapping[str, Check]:
        if self.fail:
            raise self.fail
        return self.report


class FakeDialogues:
    """Takes every decision, and remembers the arguments of the last; every need is buyer-1's."""

    def __init__(self) -> None:
        self.asked: dict[str, object] = {}

    async def announce(self, need_id: str, announcement: DialogueAnnouncement, *, by: str) -> RecordedDialogue:
        if by != "buyer-1":
            raise Forbidden("The need is another body's.", hint="Ask that body.")
        return self._taken("dialogue-new", need_id=need_id, announcement=announcement, by=by)

    async def change(self, dialogue_id: str, announcement: DialogueAnnouncement, *, by: str) -> RecordedDialogue:
        return self._taken(dialogue_id, announcement=announcement, by=by)

    async def cancel(self, dialogue_id: str, *, by: str, reason: str | None = None) -> RecordedDialogue:
        return self._taken(dialogue_id, by=by, reason=reason)

    async def hold(self, dialogue_id: str, *, by: str) -> RecordedDialogue:
        return self._taken(dialogue_id, by=by)

    async def conclude(self, dialogue_id: str, *, by: str, outcome: str | None = None) -> RecordedDialogue:
        return self._taken(dialogue_id, by=by, outcome=outcome)

    async def awaiting(self, *, dialogue_id: str | None = None, limit: int = 100, offset: int = 0) -> list[StoredInvitation]:
        waiting = an_invitation("waits", status=InvitationStatus.AWAITING_REVIEW, dialogue_id=dialogue_id, issued_at=None)
        return [waiting][offset : offset + limit]

    async def approve(self, invitation_id: str, *, dialogue_id: str) -> bool:
        self.asked = {"dialogue_id": dialogue_id, "invitation_id": invitation_id}
        return True

    def _taken(self, dialogue_id: str, **asked: object) -> RecordedDialogue:
        self.asked = {"dialogue_id": dialogue_id, **asked}
        return RecordedDialogue(dialogue_id=dialogue_id, revision=2, changed=True)


A_QUESTION = Question(
    question_id="question-1",
    dialogue_id="dialogue-1",
    asker="supplier-1",
    text="Do you take sensors?",
    language="en",
    asked_at=NOW,
)


class FakeOpenness:
    """Takes every question and publication, remembers the arguments of the last, and has one of each to read."""

    def __init__(self) -> None:
        self.asked: dict[str, object] = {}
        self.all_questions = [A_QUESTION]
        self.shown = appended(
            None,
            shown_in([DialogueCancelled(dialogue_id="dialogue-1", revision=2, cancelled_at=NOW)]),
            at=NOW,
        )

    async def ask(self, dialogue_id: str, text: str, *, language: str, by: str, named: bool = False) -> Question:
        self.asked = {"dialogue_id": dialogue_id, "text": text, "language": language, "by": by, "named": named}
        return replace(A_QUESTION, text=text, asker=by, named=named)

    async def answer(self, dialogue_id: str, question_id: str, **asked: object) -> RecordedDisclosure:
        return self._taken(dialogue_id, question_id, **asked)

    async def decline(self, dialogue_id: str, question_id: str, *, reason: str, by: str) -> Question:
        self._taken(dialogue_id, question_id, reason=reason, by=by)
        return replace(A_QUESTION, reason=reason, status=QuestionStatus.DECLINED)

    async def publish(
        self, dialogue_id: str, words: Words, *, document_id: str | None = None, **asked: object
    ) -> RecordedDisclosure:
        return self._taken(dialogue_id, document_id or "made-of-title", words=words, **asked)

    def _taken(self, dialogue_id: str, document_id: str, **asked: object) -> RecordedDisclosure:
        self.asked = {"dialogue_id": dialogue_id, "document_id": document_id, **asked}
        return RecordedDisclosure(dialogue_id=dialogue_id, document_id=document_id, revision=1, changed=True)

    async def ledger_head(self, dialogue_id: str) -> LedgerHead | None:
        return head_of(self.shown)

    async def ledger_of(self, dialogue_id: str) -> list[DisclosureEntry]:
        return self.shown

    async def digest_at(self, dialogue_id: str, number: int) -> str | None:
        return self.shown[number - 1].digest if number <= len(self.shown) else None

    async def publications(self, dialogue_id: str, *, limit: int = 100, offset: int = 0) -> list[Publication]:
        made = DisclosureMade(
            disclosure_id="x",
            revision=1,
            dialogue_id=dialogue_id,
            kind="note",
            title="Note",
            language="en",
            text="W",
            made_at=NOW,
        )
        return [Publication(document_id="note", made=made)][offset : offset + limit]

    async def file(self, dialogue_id: str, document_id: str, *, revision: int | None = None) -> PublishedFile | None:
        return PublishedFile(name='Fråga "1".pdf', media_type="application/pdf", content=b"%PDF-1.7")

    async def questions(self, dialogue_id: str, *, asker: str | None = None, limit: int = 100, offset: int = 0) -> list[Question]:
        return [one for one in self.all_questions if asker in (None, one.asker)][offset : offset + limit]

    async def participants(self, dialogue_id: str) -> list[Participant]:
        return [Participant(supplier_id="supplier-1")]


OCDS_PUBLISHER = OcdsPublisher(ocid_prefix="ocds-test01", name="Samspil Sample Authority", url="https://samspil.test")
SCHEMA = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "NeedPublished", "type": "object"}


@dataclass
class World:
    """An application over fakes; `ask` sends a request in a role. Tokens: buyer-1, buyer-2, supplier-1, supplier-2, operator."""

    limits: WebLimits = field(default_factory=WebLimits)
    open_metrics: bool = False
    record: Any = field(default_factory=FakeRecord)
    joint_record: Any = field(default_factory=FakeJointRecord)
    joint_readings: Any = None
    dialogues: Any = field(default_factory=FakeDialogues)
    review: Any = None
    registration_record: Any = None
    registration_readings: Any = None
    openness: Any = field(default_factory=FakeOpenness)
    disclosures: Any = None
    matchmaker: FakeMatchmaker = field(default_factory=FakeMatchmaker)
    suggester: FakeSuggester = field(default_factory=FakeSuggester)
    health: FakeHealth = field(default_factory=FakeHealth)
    clock: ManualClock = field(default_factory=ManualClock)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.registrations = self.registration_record or FakeRegistrations(self.record)
        self.services = WebServices(
            submissions=self.record,
            readings=self.record,
            feedback=self.record,
            joint_needs=KeptJointNeeds(
                self.joint_record,
                readings=self.record,
                joint_readings=self.joint_readings or self.joint_record,
                clock=self.clock,
            ),
            dialogues=self.dialogues,
            review=self.review or self.dialogues,
            registrations=KeptRegistrations(
                self.registrations,
                readings=self.record,
                registrations=self.registration_readings or self.registrations,
                clock=self.clock,
            ),
            openness=self.openness,
            disclosures=self.disclosures or self.openness,
            tokens=self.record,
            log=FakeLog(),
            matchmaker=self.matchmaker,
            suggester=self.suggester,
            calendar=ICalendarFiles(),
            detect_language=lambda text: "sv" if "läck" in text else None,
            health=self.health,
            contract=Contract(asyncapi=lambda: "asyncapi: 3.0.0\n", schemas=lambda: {"need-published.v1": SCHEMA}),
            ocds_publisher=OCDS_PUBLISHER,
            clock=self.clock,
            version="0.0.0-test",
            limits=self.limits,
            open_metrics=self.open_metrics,
        )
        self.app = create_app(self.services)

    async def token(self, who: str) -> str:
        """The token of buyer-N, supplier-N or operator; made when first asked for."""
        if who not in self.tokens:
            role = Role(who.split("-", maxsplit=1)[0])
            self.tokens[who] = await self.record.issue(organisation=who, role=role)
        return self.tokens[who]

    async def ask(
        self,
        method: str,
        path: str,
        *,
        who: str | None = None,
        token: str | None = None,
        client: str = "192.0.2.1",
        **request: Any,
    ) -> httpx.Response:
        """Send one request; `who` sends that one's token, `token` any text as one."""
        headers = dict(request.pop("headers", {}))
        if who is not None:
            token = await self.token(who)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        transport = httpx.ASGITransport(app=self.app, client=(client, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://samspil.test") as http:
            return await http.request(method, path, headers=headers, **request)

    async def publish(self, need_id: str = "need-1", **changes: Any) -> None:
        """Have a need of buyer-1 stand (or of the buyer named in `changes`)."""
        await self.record.submit_need(need_id, a_statement(**changes))

    async def joint_need(self) -> str:
        """Have a joint need stand, in the place of one that stood: buyer-1 owns it, buyer-2 intends and may facilitate."""
        kept = self.services.joint_needs
        await self.publish("need-1")
        await self.publish("need-2", buyer=Buyer(id="buyer-2", name="Söderby exempelkommun", country="SE"))
        for stands in await kept.joint_needs(need_id="need-1"):
            await kept.close(stands.changed.joint_need_id, by=stands.owner_id)
        joint = (await kept.propose(Proposal(need_id="need-1"), by="buyer-1")).joint_need_id
        intent = Declaration(rung="intent_signer", need_id="need-2", undertaking="Vi ställer samma krav.")
        await kept.declare(joint, intent, by="buyer-2")
        await kept.offer(joint, MemberRole.FACILITATOR, "buyer-2", by="buyer-1")
        return joint


def statement_json(**changes: Any) -> dict[str, Any]:
    """A need as a client sends it."""
    return a_statement(**changes).model_dump(mode="json")
