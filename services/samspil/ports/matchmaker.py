"""Matching on demand: what a text would match, without publishing anything."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from samspil_schemas import Evidence, Match, Model, NeedStatement, SimilarNeed
from samspil_schemas.base import Id, Label, Paragraph


class TeamMember(Model):
    """A supplier, and what it is there for."""

    supplier_id: Id
    supplier_name: Label
    covers: tuple[Evidence, ...] = Field(description="The wishes that it answers best of the team, in the order of the need.")


class SuggestedTeam(Model):
    """Two or three suppliers that together answer more of a need than any of them alone."""

    members: tuple[TeamMember, ...]
    open: tuple[Paragraph, ...] = Field(description="The wishes that none of them answers.")


class NoTeams(StrEnum):
    """Why no teams are suggested."""

    UNKNOWN_SPACE = "unknown_space"
    NOTHING_ASKED = "nothing_asked"
    NOBODY_ANSWERS = "nobody_answers"
    ONE_COVERS_ALL = "one_covers_all"
    NOBODY_ADDS = "nobody_adds"


class Teams(Model):
    """The teams that are suggested for a need, the best first; `why_none` says why there are none."""

    wishes: tuple[Paragraph, ...] = Field(description="What the need asks, sentence by sentence.")
    teams: tuple[SuggestedTeam, ...] = ()
    why_none: NoTeams | None = None


class Matchmaker(Protocol):
    """Answers at once and writes nothing."""

    async def suppliers_for(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[Match]:
        """The suppliers that could meet the need, best first, with evidence.

        Raises:
            Transient: the model or the index does not answer.
        """
        ...

    async def similar_to(self, statement: NeedStatement, *, limit: int = 10) -> Sequence[SimilarNeed]:
        """The open needs of other buyers that are the same need, best first, each once however often it was published.

        Raises:
            Transient: the model or the index does not answer.
        """
        ...

    async def teams_for(self, statement: NeedStatement, *, limit: int = 5) -> Teams:
        """Suppliers that match and together answer more wishes of the need than any of them alone.

        Raises:
            Transient: the model or the index does not answer.
        """
        ...
