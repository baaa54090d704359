"""How likely a need calls for what is not on the shelf: inferred from signs in what the buyer says, never stated by the buyer.

The field of eForms that would state it (BT-776) is forbidden in the notices that needs come from. It is for readers alone: it
neither filters nor ranks who is told. `docs/innovation.md` has its figures, and why it is a rule and no classifier.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from samspil.domain.codes import cpv_path
from samspil_schemas import NeedStatement, Stage

_RESEARCH = "73000000"
_ASKING = frozenset({Stage.EXPLORING, Stage.DIALOGUE})  # the first stage is also what stands where none is known
_NEW = re.compile(
    r"\binnova|\bpilot|\bprototyp|pre-?commercial|proof of concept|\bpathfinder|test and learn|\bnovel\b|emerging technolog"
    r"|førkommersi|förkommersi|vorkommerziell|esikaupalli|\bkokeilu|\bforsøksordning|neuartig|nyskapande|nyskapende|nyskabende",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"looking for (?:a way|ways|ideas)|\bideas? (?:for|competition)|show us how|we are open to|open to (?:new|other)|"
    r"søger (?:en måde|nye|ideer)|åbne for|søker (?:en måte|nye|ideer)|ønsker (?:forslag|ideer)|ønskjer framlegg|åpne for|"
    r"söker (?:ett sätt|nya|idéer)|letar efter|öppna för|suchen (?:einen Weg|eine Lösung|Ideen|Ansätze)|Ideen für|offen für|"
    r"etsimme|ehdotuksia|idékonkurran|ideenwettbewerb|design contest|plan- og designkonkurran",
    re.IGNORECASE,
)


class Sign(StrEnum):
    """What points to it."""

    RESEARCH = "research"
    NEW = "new"
    OPEN = "open"
    FUNCTIONS = "functions"
    ASKS_THE_MARKET = "asks_the_market"


MEANINGS = {
    Sign.RESEARCH: "it is coded as research and development",
    Sign.NEW: "it speaks of innovation, a pilot or a prototype",
    Sign.OPEN: "it is open for more than one way to solve it",
    Sign.FUNCTIONS: "it states effects, not a product",
    Sign.ASKS_THE_MARKET: "it asks the market before a competition",
}


@dataclass(frozen=True, kw_only=True)
class Innovation:
    """The likelihood, 0 to 1, and the signs that it stands on. Inferred."""

    likelihood: float
    signs: tuple[Sign, ...]


# The share, by the number of signs, of 108 real notices that a reader said call for what is not on the shelf; more than two count
# as two (`make innovation`).
LIKELIHOODS = (0.03, 0.09, 0.25)


def innovation_of(statement: NeedStatement) -> Innovation:
    """How likely the need calls for what is not on the shelf, from its stage, its codes and its words."""
    words = "\n".join(
        part
        for part in (statement.title, statement.description, statement.situation, *statement.effects, *statement.questions)
        if part
    )
    seen = {
        Sign.RESEARCH: any(_RESEARCH in cpv_path(code) for code in statement.cpv),
        Sign.NEW: _NEW.search(words) is not None,
        Sign.OPEN: _OPEN.search(words) is not None,
        Sign.FUNCTIONS: bool(statement.effects),
        Sign.ASKS_THE_MARKET: statement.stage in _ASKING or bool(statement.questions) or statement.dialogue is not None,
    }
    signs = tuple(sign for sign, holds in seen.items() if holds)
    return Innovation(likelihood=LIKELIHOODS[min(len(signs), len(LIKELIHOODS) - 1)], signs=signs)
