"""What is recorded of joint needs: the changes of their histories, and what each says."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from samspil.ports.follow_ups import FollowUpBasis
from samspil_schemas import Buyer, MemberRole, Model, Rung, Volume
from samspil_schemas.base import (
    CODES_MAX,
    LIST_MAX,
    CpvCode,
    Day,
    Id,
    Label,
    Language,
    NutsCode,
    Paragraph,
    Reference,
    Score,
    Text,
    Timestamp,
    Title,
)


class JointText(Model):
    """The requirement that the members put to the market together; suppliers are matched with it."""

    title: Title = Field(description="What the members need, in one line.")
    description: Text = Field(description="The problem, and what a solution should achieve.")
    language: Language = Field(description="The language of title and description.")
    effects: tuple[Paragraph, ...] = Field(default=(), max_length=LIST_MAX, description="Desired effects and functions.")
    constraints: tuple[Paragraph, ...] = Field(default=(), max_length=LIST_MAX, description="What any solution must respect.")
    questions: tuple[Paragraph, ...] = Field(default=(), max_length=LIST_MAX, description="Questions to the market.")
    cpv: tuple[CpvCode, ...] = Field(default=(), max_length=CODES_MAX, description="Main code first.")
    regions: tuple[NutsCode, ...] = Field(default=(), max_length=CODES_MAX, description="Where; none means anywhere.")


class Commitment(Model):
    """What one body undertakes, in its own words."""

    rung: Rung
    body: Buyer
    need_id: Id | None = None
    undertaking: Paragraph | None = None
    volume: Volume | None = None
    horizon: Day | None = None
    signed_on: Day | None = None


class Proposed(Model):
    """A buyer proposed the joint need, from its own need and, where it had one, from a find of the same need elsewhere."""

    kind: Literal["proposed"] = "proposed"
    need_id: Id
    other_need_id: Id | None = None
    other_buyer_id: Id | None = None
    similar_id: Id | None = None
    score: Score | None = None


class TextStated(Model):
    """The need owner stated the joint text."""

    kind: Literal["text_stated"] = "text_stated"
    text: JointText


class StageMoved(Model):
    """The joint need went into a stage."""

    kind: Literal["stage_moved"] = "stage_moved"
    stage: Label
    note: Paragraph | None = None


class Committed(Model):
    """A body joined, or changed what it undertakes."""

    kind: Literal["committed"] = "committed"
    commitment: Commitment


class Withdrawn(Model):
    """A body withdrew its commitment and left. What it had undertaken stays in the history."""

    kind: Literal["withdrawn"] = "withdrawn"
    reason: Label | None = None


class RoleOffered(Model):
    """The need owner offered a role to a member. `term`: the version of the ownership that offers; with it the offer ends."""

    kind: Literal["role_offered"] = "role_offered"
    role: MemberRole
    buyer_id: Id
    term: int


class OfferEnded(Model):
    """An offer was taken up or taken back."""

    kind: Literal["offer_ended"] = "offer_ended"
    role: MemberRole
    buyer_id: Id


class RoleTaken(Model):
    """A member took a role on; who takes on the ownership takes it over."""

    kind: Literal["role_taken"] = "role_taken"
    role: MemberRole
    buyer_id: Id


class RoleEnded(Model):
    """A member is no longer a facilitator."""

    kind: Literal["role_ended"] = "role_ended"
    role: MemberRole
    buyer_id: Id


class FollowedUp(Model):
    """A later need of a member carries out what it declared: it refers to it, or the member said so.

    What was recorded before there was a basis has none: the member named it. `published_at`: when the need was published.
    """

    kind: Literal["followed_up"] = "followed_up"
    need_id: Id
    basis: FollowUpBasis | None = None
    reference: Reference | None = None
    title: Title | None = None
    published_at: Timestamp | None = None


class NotFollowedUp(Model):
    """A member said that its need does not carry out what it declared, though it was linked."""

    kind: Literal["not_followed_up"] = "not_followed_up"
    need_id: Id


class Closed(Model):
    """The need owner closed the joint need."""

    kind: Literal["closed"] = "closed"
    reason: Label | None = None


Content = Annotated[
    Proposed
    | TextStated
    | StageMoved
    | Committed
    | Withdrawn
    | RoleOffered
    | OfferEnded
    | RoleTaken
    | RoleEnded
    | FollowedUp
    | NotFollowedUp
    | Closed,
    Field(discriminator="kind"),
]


class Change(Model):
    """One entry of the history of a joint need. Nothing in it is ever altered or removed.

    subject: what it is about (one member's commitment, the text, the stage, …); of one subject the highest version holds.
    by: the organisation whose token did it.
    revision: that of the joint need which came of it.
    """

    subject: str
    version: int
    by: Id
    at: datetime
    revision: int
    content: Content
