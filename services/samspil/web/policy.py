"""Who may do what: one table, and the one place that applies it.

Needs, joint needs and dialogues are open to all, so that they exist is no secret. Profiles, matches, invitations and
registrations are private: who may not see them is answered without looking whether they exist. The history of a joint need is for
buyers, any of whom may join, and for operators: how the bodies came to terms must be no supplier's advantage. With a joint need,
the find that it was proposed from is shown to its members, to the buyer that was found and to operators.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from types import MappingProxyType

from samspil.errors import Misconfigured
from samspil.ports import Principal, Readings, Role, StoredNeed
from samspil.ports.joint_needs import StoredJointNeed
from samspil.ports.joint_service import JointNeedReadings
from samspil.web.problems import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED, ProblemError

_ALL_ROLES = frozenset(Role)


class Token(StrEnum):
    """What a token means to a route."""

    IGNORED = auto()  # open to all, and never looked at: works while the record is down
    WELCOME = auto()  # open to all; a token shows its owner more
    NEEDED = auto()


class Subject(StrEnum):
    """What decides whether something belongs to an organisation."""

    NONE = auto()
    NEED = auto()  # the need in the path, which must stand
    NEED_OR_NEW = auto()  # the need in the path, if it stands; and the buyer that the body states
    STATEMENT = auto()  # the buyer that the body states
    SUPPLIER = auto()  # the supplier in the path is the organisation
    OWN_NEED = auto()  # the need that the body names; the rules of joint needs and dialogues look it up
    MEMBER = auto()  # the buyer in the path is the organisation
    JOINT_OWNER = auto()  # the need owner of the joint need in the path
    JOINT_LEADER = auto()  # its need owner or one of its facilitators
    MEMBER_OR_JOINT_OWNER = auto()  # the buyer in the path, or the need owner
    DIALOGUE = auto()  # the buyer of the need that the dialogue in the path is about, or who leads the joint need
    REGISTRATION = auto()  # the supplier in the path is the organisation, or it is a buyer that decides the dialogue in the path
    QUESTIONS = auto()  # whoever leads the dialogue in the path sees all of its rows, anybody else its own
    ROWS = auto()  # the rows of the organisation are shown, and no others


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Who a route lets in: roles in `own` to what is their organisation's, roles in `every` to all."""

    token: Token = Token.NEEDED
    own: frozenset[Role] = frozenset()
    every: frozenset[Role] = frozenset()
    subject: Subject = Subject.NONE

    @property
    def roles(self) -> frozenset[Role]:
        """All roles that are let in to something."""
        return self.own | self.every

    def in_words(self) -> str:
        """Who may, for the documentation."""
        if self.token is not Token.NEEDED:
            return "Open to all." + (" A token shows its owner more." if self.token is Token.WELCOME else "")
        if self.every == _ALL_ROLES:
            return "Any token."
        own = [f"{role} (its own)" for role in sorted(self.own)]
        return f"Token of: {', '.join([*own, *sorted(self.every)])}."


def _own(role: Role, subject: Subject, *, operator: bool = False) -> Rule:
    every = frozenset({Role.OPERATOR}) if operator else frozenset[Role]()
    return Rule(own=frozenset({role}), every=every, subject=subject)


_PUBLIC = Rule(token=Token.IGNORED)
_PUBLIC_OR_OWN = Rule(token=Token.WELCOME)
_ANY_TOKEN = Rule(every=_ALL_ROLES)
_OPERATOR = Rule(every=frozenset({Role.OPERATOR}))
# What suppliers may not see: evidence that quotes the profiles of others, and how the bodies of a joint need came to terms.
_BUYER_OR_OPERATOR = Rule(every=frozenset({Role.BUYER, Role.OPERATOR}))
_NEED_OWNER_OR_OPERATOR = _own(Role.BUYER, Subject.NEED, operator=True)
_SUPPLIER_OR_OPERATOR = _own(Role.SUPPLIER, Subject.SUPPLIER, operator=True)
_OWN_ROWS_OR_OPERATOR = _own(Role.BUYER, Subject.ROWS, operator=True)
_MEMBER = _own(Role.BUYER, Subject.MEMBER)
_JOINT_OWNER = _own(Role.BUYER, Subject.JOINT_OWNER)
_DIALOGUE_LEADER = _own(Role.BUYER, Subject.DIALOGUE)
_REGISTRATION = Rule(own=frozenset({Role.SUPPLIER, Role.BUYER}), every=frozenset({Role.OPERATOR}), subject=Subject.REGISTRATION)
_REGISTERED = _own(Role.SUPPLIER, Subject.SUPPLIER)
_DIALOGUE_LEADER_OR_OPERATOR = _own(Role.BUYER, Subject.DIALOGUE, operator=True)

POLICY: Mapping[tuple[str, str], Rule] = MappingProxyType(
    {
        ("GET", "/v1/needs"): _PUBLIC_OR_OWN,
        ("POST", "/v1/needs"): _own(Role.BUYER, Subject.STATEMENT),
        ("GET", "/v1/needs/{need_id}"): _PUBLIC_OR_OWN,
        ("PUT", "/v1/needs/{need_id}"): _own(Role.BUYER, Subject.NEED_OR_NEW),
        ("DELETE", "/v1/needs/{need_id}"): _own(Role.BUYER, Subject.NEED),
        ("GET", "/v1/needs/{need_id}/ocds"): _PUBLIC_OR_OWN,
        ("GET", "/v1/needs/{need_id}/matches"): _NEED_OWNER_OR_OPERATOR,
        ("GET", "/v1/needs/{need_id}/similar"): _NEED_OWNER_OR_OPERATOR,
        ("GET", "/v1/needs/{need_id}/invitations"): _NEED_OWNER_OR_OPERATOR,
        ("GET", "/v1/needs/{need_id}/teams"): _NEED_OWNER_OR_OPERATOR,
        ("POST", "/v1/match"): _BUYER_OR_OPERATOR,
        ("POST", "/v1/teams"): _BUYER_OR_OPERATOR,
        ("POST", "/v1/suggest-cpv"): _ANY_TOKEN,
        ("POST", "/v1/similar"): _own(Role.BUYER, Subject.STATEMENT, operator=True),
        ("GET", "/v1/suppliers/{supplier_id}/profile"): _SUPPLIER_OR_OPERATOR,
        ("PUT", "/v1/suppliers/{supplier_id}/profile"): _own(Role.SUPPLIER, Subject.SUPPLIER),
        ("DELETE", "/v1/suppliers/{supplier_id}/profile"): _own(Role.SUPPLIER, Subject.SUPPLIER),
        ("GET", "/v1/suppliers/{supplier_id}/matches"): _SUPPLIER_OR_OPERATOR,
        ("GET", "/v1/suppliers/{supplier_id}/invitations"): _SUPPLIER_OR_OPERATOR,
        ("GET", "/v1/suppliers/{supplier_id}/invitations/{invitation_id}/letter"): _SUPPLIER_OR_OPERATOR,
        ("GET", "/v1/suppliers/{supplier_id}/invitations/{invitation_id}/calendar.ics"): _SUPPLIER_OR_OPERATOR,
        ("PUT", "/v1/suppliers/{supplier_id}/matches/{match_id}/feedback"): _own(Role.SUPPLIER, Subject.SUPPLIER),
        ("GET", "/v1/suppliers/{supplier_id}/preferences"): _SUPPLIER_OR_OPERATOR,
        ("DELETE", "/v1/suppliers/{supplier_id}/preferences"): _own(Role.SUPPLIER, Subject.SUPPLIER),
        ("DELETE", "/v1/suppliers/{supplier_id}/preferences/{kind}"): _own(Role.SUPPLIER, Subject.SUPPLIER),
        ("DELETE", "/v1/suppliers/{supplier_id}/preferences/{kind}/{value}"): _own(Role.SUPPLIER, Subject.SUPPLIER),
        ("GET", "/v1/joint-needs"): _PUBLIC_OR_OWN,
        ("POST", "/v1/joint-needs"): _own(Role.BUYER, Subject.OWN_NEED),
        ("GET", "/v1/joint-needs/{joint_need_id}"): _PUBLIC_OR_OWN,
        ("GET", "/v1/joint-needs/{joint_need_id}/ocds"): _PUBLIC_OR_OWN,
        ("DELETE", "/v1/joint-needs/{joint_need_id}"): _JOINT_OWNER,
        ("PUT", "/v1/joint-needs/{joint_need_id}/text"): _JOINT_OWNER,
        ("PUT", "/v1/joint-needs/{joint_need_id}/stage"): _own(Role.BUYER, Subject.JOINT_LEADER),
        ("PUT", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}"): _MEMBER,
        ("DELETE", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}"): _MEMBER,
        ("GET", "/v1/joint-needs/{joint_need_id}/follow-ups"): _PUBLIC_OR_OWN,
        ("PUT", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}/follow-ups/{need_id}"): _MEMBER,
        ("DELETE", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}/follow-ups/{need_id}"): _MEMBER,
        ("PUT", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}/roles/{role}"): _MEMBER,
        ("DELETE", "/v1/joint-needs/{joint_need_id}/members/{buyer_id}/roles/{role}"): _own(
            Role.BUYER, Subject.MEMBER_OR_JOINT_OWNER
        ),
        ("PUT", "/v1/joint-needs/{joint_need_id}/offers/{role}/{buyer_id}"): _JOINT_OWNER,
        ("DELETE", "/v1/joint-needs/{joint_need_id}/offers/{role}/{buyer_id}"): _JOINT_OWNER,
        ("GET", "/v1/joint-needs/{joint_need_id}/history"): _BUYER_OR_OPERATOR,
        ("GET", "/v1/joint-needs/{joint_need_id}/export"): _BUYER_OR_OPERATOR,
        ("GET", "/v1/joint-needs/{joint_need_id}/export.html"): _BUYER_OR_OPERATOR,
        ("GET", "/v1/dialogues"): _PUBLIC,
        ("POST", "/v1/dialogues"): _own(Role.BUYER, Subject.OWN_NEED),
        ("GET", "/v1/dialogues/{dialogue_id}/calendar.ics"): _PUBLIC,
        ("GET", "/v1/dialogues/{dialogue_id}"): _PUBLIC,
        ("PUT", "/v1/dialogues/{dialogue_id}"): _DIALOGUE_LEADER,
        ("DELETE", "/v1/dialogues/{dialogue_id}"): _DIALOGUE_LEADER,
        ("GET", "/v1/dialogues/{dialogue_id}/invitations"): _own(Role.BUYER, Subject.DIALOGUE, operator=True),
        ("PUT", "/v1/dialogues/{dialogue_id}/invitations/{invitation_id}/approval"): _DIALOGUE_LEADER,
        ("PUT", "/v1/dialogues/{dialogue_id}/held"): _DIALOGUE_LEADER,
        ("PUT", "/v1/dialogues/{dialogue_id}/conclusion"): _DIALOGUE_LEADER,
        ("GET", "/v1/dialogues/{dialogue_id}/places"): _PUBLIC,
        ("GET", "/v1/dialogues/{dialogue_id}/registrations"): _own(Role.BUYER, Subject.DIALOGUE, operator=True),
        ("GET", "/v1/dialogues/{dialogue_id}/registrations/{supplier_id}"): _REGISTRATION,
        ("GET", "/v1/dialogues/{dialogue_id}/registrations/{supplier_id}/letter"): _SUPPLIER_OR_OPERATOR,
        ("GET", "/v1/dialogues/{dialogue_id}/registrations/{supplier_id}/calendar.ics"): _SUPPLIER_OR_OPERATOR,
        ("PUT", "/v1/dialogues/{dialogue_id}/registrations/{supplier_id}"): _REGISTERED,
        ("DELETE", "/v1/dialogues/{dialogue_id}/registrations/{supplier_id}"): _REGISTERED,
        ("GET", "/v1/dialogues/{dialogue_id}/questions"): Rule(every=_ALL_ROLES, subject=Subject.QUESTIONS),
        ("POST", "/v1/dialogues/{dialogue_id}/questions"): _ANY_TOKEN,
        ("PUT", "/v1/dialogues/{dialogue_id}/questions/{question_id}/answer"): _DIALOGUE_LEADER,
        ("PUT", "/v1/dialogues/{dialogue_id}/questions/{question_id}/refusal"): _DIALOGUE_LEADER,
        ("POST", "/v1/dialogues/{dialogue_id}/documents"): _DIALOGUE_LEADER,
        ("PUT", "/v1/dialogues/{dialogue_id}/documents/{document_id}/file"): _DIALOGUE_LEADER,
        ("GET", "/v1/dialogues/{dialogue_id}/documents/{document_id}/file"): _PUBLIC,
        ("GET", "/v1/dialogues/{dialogue_id}/disclosures"): _PUBLIC,
        ("GET", "/v1/dialogues/{dialogue_id}/audit"): _PUBLIC,
        ("GET", "/v1/dialogues/{dialogue_id}/case"): _DIALOGUE_LEADER_OR_OPERATOR,
        ("GET", "/v1/dialogues/{dialogue_id}/case.html"): _DIALOGUE_LEADER_OR_OPERATOR,
        ("GET", "/v1/ledger"): _OWN_ROWS_OR_OPERATOR,
        ("GET", "/v1/ledger/summary"): _OWN_ROWS_OR_OPERATOR,
        ("GET", "/v1/topics"): _OPERATOR,
        ("GET", "/v1/feedback"): _OPERATOR,
        ("GET", "/v1/me"): _ANY_TOKEN,
        ("GET", "/metrics"): _OPERATOR,
        ("GET", "/health/live"): _PUBLIC,
        ("GET", "/health/ready"): _PUBLIC,
        ("GET", "/asyncapi"): _PUBLIC,
        ("GET", "/schemas"): _PUBLIC,
        ("GET", "/schemas/{name}.json"): _PUBLIC,
        ("GET", "/openapi.json"): _PUBLIC,
        ("GET", "/docs"): _PUBLIC,
        ("GET", "/"): _PUBLIC,
    }
)


def policy(*, open_metrics: bool) -> Mapping[tuple[str, str], Rule]:
    """The table, by method and path template. Metrics can be opened where only the monitoring reaches them."""
    return {**POLICY, ("GET", "/metrics"): _PUBLIC} if open_metrics else POLICY


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a request was let in to.

    need: the need in the path, where the rule is about it.
    sees_all: whether all rows are shown or only the organisation's own, where the rule is about the questions of a dialogue.
    """

    rule: Rule
    principal: Principal | None = None
    need: StoredNeed | None = None
    sees_all: bool = False

    @property
    def who(self) -> Principal:
        """Who is asking, on a route that needs a token."""
        if self.principal is None:
            raise Misconfigured("A route that anyone may ask asks who is asking.", hint="Correct its rule in POLICY.")
        return self.principal

    @property
    def standing(self) -> StoredNeed:
        """The need in the path, on a route whose rule is about it."""
        if self.need is None:
            raise Misconfigured("A route asks for a need that its rule does not look up.", hint="Correct its rule in POLICY.")
        return self.need

    @property
    def limited(self) -> bool:
        """True where only what is the organisation's own is shown."""
        return self.principal is None or self.principal.role in self.rule.own

    def owns(self, buyer_id: str) -> bool:
        """True for the buyer itself, and for an operator."""
        if self.principal is None:
            return False
        role = self.principal.role
        return role is Role.OPERATOR or (role is Role.BUYER and self.principal.organisation == buyer_id)

    def leads(self, joint: StoredJointNeed) -> bool:
        """True for its need owner, its facilitators and an operator."""
        return any(self.owns(body) for body in (joint.owner_id, *joint.facilitators))

    def takes_part(self, joint: StoredJointNeed) -> bool:
        """True for its members, the buyer whose need it was proposed with, and an operator."""
        bodies = [joint.proposal.other_buyer_id, *(member.buyer_id for member in joint.changed.members)]
        return any(body is not None and self.owns(body) for body in bodies)

    def finds_of(self) -> Collection[str] | None:
        """The buyers whose finds the asker may ask for; None is all."""
        if self.principal is None or self.principal.role is Role.SUPPLIER:
            return ()
        return None if self.principal.role is Role.OPERATOR else (self.principal.organisation,)

    def rows_of(self, buyer_id: str | None) -> str | None:
        """The buyer whose rows may be shown when those of `buyer_id` (None: of all) are asked for; None is all."""
        if not self.limited:
            return buyer_id
        own = self.who.organisation
        if buyer_id not in (None, own):
            raise _forbidden("The rows of another organisation are not shown.", f"Leave buyer_id out, or give {own}.")
        return own

    def require_own_statement(self, buyer_id: str) -> None:
        """Refuse a statement that names another organisation than the token's as its buyer, where the rule is about its own."""
        own = self.who.organisation
        if buyer_id != own and self.who.role not in self.rule.every:
            raise _forbidden("The statement names another organisation as its buyer.", f"Give buyer.id the token's, {own}.")


def _forbidden(what: str, do: str) -> ProblemError:
    return ProblemError(FORBIDDEN, what, do)


def _unauthenticated() -> ProblemError:
    return ProblemError(
        UNAUTHENTICATED,
        "This takes a token, and none was sent.",
        "Send one in the header 'Authorization: Bearer …'.",
        headers={"WWW-Authenticate": 'Bearer realm="samspil"'},
    )


async def decide(
    rule: Rule, *, principal: Principal | None, ids: Mapping[str, str], readings: Readings, joint_needs: JointNeedReadings
) -> Access:
    """Let the request in, or refuse it.

    Args:
        rule: the rule of the route.
        principal: who the token is; None without a token.
        ids: the ids in the path, by parameter.
        readings: looks up whose a need is.
        joint_needs: looks up who leads a joint need.

    Raises:
        ProblemError: 401, 403, or 404 for a need or joint need that does not exist.
        Transient: the record does not answer.
    """
    if rule.token is not Token.NEEDED:
        return Access(rule=rule, principal=principal)
    if principal is None:
        raise _unauthenticated()
    if principal.role not in rule.roles:
        roles = " or ".join(sorted(rule.roles))
        raise _forbidden(f"A {principal.role}'s token may not do this.", f"Use the token of a {roles}.")
    if _is_of_another_supplier(rule, principal=principal, ids=ids):
        raise _forbidden("The address is another organisation's.", f"Ask for your own, {principal.organisation}.")
    if rule.subject is Subject.MEMBER and ids["buyer_id"] != principal.organisation:
        raise _forbidden("The address is another body's.", f"Act for your own, {principal.organisation}.")
    if principal.role in rule.own:
        await _require_lead(rule.subject, principal=principal, ids=ids, readings=readings, joint_needs=joint_needs)
    if rule.subject not in (Subject.NEED, Subject.NEED_OR_NEW):
        sees_all = await _sees_all(rule, principal=principal, ids=ids, readings=readings, joint_needs=joint_needs)
        return Access(rule=rule, principal=principal, sees_all=sees_all)
    need = await readings.need(ids["need_id"])
    if need is None and rule.subject is Subject.NEED:
        raise ProblemError(NOT_FOUND, "There is no such need.", "Check the id; a new need takes a moment to be recorded.")
    if need is not None and principal.role in rule.own and need.statement.buyer.id != principal.organisation:
        raise _forbidden("The need is another organisation's.", "Ask for a need of your own, or take another id.")
    return Access(rule=rule, principal=principal, need=need)


def _is_of_another_supplier(rule: Rule, *, principal: Principal, ids: Mapping[str, str]) -> bool:
    """Whether the path names another supplier, where the rule is about its own."""
    if principal.role not in rule.own or rule.subject not in (Subject.SUPPLIER, Subject.REGISTRATION):
        return False
    return principal.role is Role.SUPPLIER and ids["supplier_id"] != principal.organisation


async def _require_lead(
    subject: Subject, *, principal: Principal, ids: Mapping[str, str], readings: Readings, joint_needs: JointNeedReadings
) -> None:
    """Refuse who does not lead the joint need or the dialogue in the path, where the rule is about one."""
    if subject in _LEADERS:
        await _require_leader(subject, principal=principal, ids=ids, joint_needs=joint_needs)
    elif subject is Subject.DIALOGUE or (subject is Subject.REGISTRATION and principal.role is Role.BUYER):
        await _require_dialogue_leader(ids["dialogue_id"], principal=principal, readings=readings, joint_needs=joint_needs)


async def _require_leader(
    subject: Subject, *, principal: Principal, ids: Mapping[str, str], joint_needs: JointNeedReadings
) -> None:
    """Refuse who does not lead the joint need in the path. Its own rules decide again, in the transaction of the change."""
    joint = await joint_needs.joint_need(ids["joint_need_id"])
    if joint is None:
        raise ProblemError(NOT_FOUND, "There is no such joint need.", "Look for it at /v1/joint-needs.")
    whose, do = _LEADERS[subject]
    if principal.organisation not in whose(joint, ids):
        raise _forbidden("Your organisation has no such part in the joint need.", do)


async def _require_dialogue_leader(
    dialogue_id: str, *, principal: Principal, readings: Readings, joint_needs: JointNeedReadings
) -> None:
    """Refuse who does not lead the dialogue. Its own rules decide again, in the transaction of the change."""
    if principal.organisation not in await _dialogue_leaders(dialogue_id, readings=readings, joint_needs=joint_needs):
        raise _forbidden("The dialogue is another body's.", "Ask the buyer of its need, or who leads the joint need.")


async def _sees_all(
    rule: Rule, *, principal: Principal, ids: Mapping[str, str], readings: Readings, joint_needs: JointNeedReadings
) -> bool:
    """Whether all questions of the dialogue in the path are shown, and not the organisation's own alone."""
    if rule.subject is not Subject.QUESTIONS:
        return False
    leaders = await _dialogue_leaders(ids["dialogue_id"], readings=readings, joint_needs=joint_needs)
    return principal.role is Role.OPERATOR or (principal.role is Role.BUYER and principal.organisation in leaders)


async def _dialogue_leaders(dialogue_id: str, *, readings: Readings, joint_needs: JointNeedReadings) -> Collection[str]:
    """Who decides the dialogue: the buyer of its need, or the owner and the facilitators of the joint need."""
    dialogue = await readings.dialogue(dialogue_id)
    if dialogue is None:
        raise ProblemError(NOT_FOUND, "There is no such dialogue.", "Look for it at /v1/dialogues.")
    joint = await joint_needs.joint_need(dialogue.need_id)
    return (joint.owner_id, *joint.facilitators) if joint is not None else (dialogue.buyer_id,)


# By subject: who may, and whom to ask instead.
_LEADERS: Mapping[Subject, tuple[Callable[[StoredJointNeed, Mapping[str, str]], Collection[str]], str]] = MappingProxyType(
    {
        Subject.JOINT_OWNER: (lambda joint, _: (joint.owner_id,), "Ask its need owner."),
        Subject.JOINT_LEADER: (lambda joint, _: (joint.owner_id, *joint.facilitators), "Ask its need owner or a facilitator."),
        Subject.MEMBER_OR_JOINT_OWNER: (lambda joint, ids: (joint.owner_id, ids["buyer_id"]), "Ask its need owner."),
    }
)
