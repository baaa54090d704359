"""The learned scorers, as `make scorer` writes them into the package: weights, thresholds, and where they come from."""

import base64
import zlib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, field_validator

from samspil.domain.evidence import Answering
from samspil.domain.rarity import Rarity
from samspil.domain.scoring import Scorer
from samspil.ports import Vectors

FILE = "scorer.json"


class Learned(BaseModel):
    """The artefact.

    Attributes:
        version: of this form.
        space: the vector space that the weights were fitted for; in another one they would mean nothing.
        scorer: of needs and suppliers. similar_scorer: of two needs.
        threshold: the least score of a match. similar_threshold: of the same need.
        answering: what counts as the answer to a sentence.
        rarity: the weights of the parts of words. middle: the mean vector of all that is bought, shape (d,).
        made_by: the script, its seed, what it read and which population the probabilities speak of.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, extra="forbid")

    version: int
    space: str
    scorer: Scorer
    similar_scorer: Scorer
    threshold: float
    similar_threshold: float
    answering: Answering
    rarity: Rarity
    middle: Vectors
    made_by: dict[str, Any]

    @field_validator("rarity", mode="before")
    @classmethod
    def _unpacked(cls, value: object) -> object:
        return Rarity(unpacked(value)) if isinstance(value, str) else value

    @field_validator("middle", mode="before")
    @classmethod
    def _vector(cls, value: object) -> object:
        return np.frombuffer(unpacked(value), dtype="<f4") if isinstance(value, str) else value


def packed(table: bytes) -> str:
    """A table of bytes as the artefact holds it."""
    return base64.b64encode(zlib.compress(table, 9)).decode("ascii")


def unpacked(text: str) -> bytes:
    """The table that `packed` packed."""
    return zlib.decompress(base64.b64decode(text, validate=True))


@cache
def learned() -> Learned | None:
    """The scorers that are shipped; None where none are."""
    file = files(__package__).joinpath(FILE)
    return Learned.model_validate_json(file.read_text(encoding="utf-8")) if file.is_file() else None
