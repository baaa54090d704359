"""The matching service on an in-memory index, with an embedder whose vectors say only which words a text holds."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from samspil.adapters.vectors import open_index
from samspil.clock import ManualClock
from samspil.domain.evidence import Answering
from samspil.matching.handlers import Matching
from samspil.matching.rules import Rules
from samspil.ports import EmbedText, Received
from samspil_schemas import Event, NeedMatched, SupplierMatched, event_id, spec_of

# The words that the tests use, each a direction of its own; whatever else a text holds does not count.
CONCEPTS = ("leak", "pipe", "meal", "school", "bus", "fall", "alarm", "snow", "road", "energy")


RULES = Rules(answering=Answering(base=-5.0, weight=25.0, at=0.5))  # answered from a cosine of 0.2


class ConceptEmbedder:
    """A vector counts the concepts of a text, in whatever language; a text without one points away from all."""

    space = "test-concepts"
    dimension = len(CONCEPTS) + 1

    def __init__(self) -> None:
        self.embedded: list[str] = []

    async def embed(self, texts: Sequence[EmbedText]):
        self.embedded.extend(text.text for text in texts)
        rows = [[text.text.casefold().count(concept) for concept in CONCEPTS] for text in texts]
        vectors = np.asarray([[*row, 0.0 if any(row) else 1.0] for row in rows], dtype=np.float32)
        vectors = vectors.reshape(len(texts), self.dimension)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@dataclass
class Published:
    """Keeps what was published."""

    events: list[Event] = field(default_factory=list)

    async def publish(self, events: Sequence[Event]) -> None:
        self.events.extend(events)

    @property
    def needs(self) -> list[NeedMatched]:
        return [event for event in self.events if isinstance(event, NeedMatched)]

    @property
    def suppliers(self) -> list[SupplierMatched]:
        return [event for event in self.events if isinstance(event, SupplierMatched)]


@dataclass
class Parts:
    embedder: ConceptEmbedder
    index: object
    published: Published
    matching: Matching

    async def take(self, *events: Event) -> list[Event]:
        """Hand over events one batch at a time, as the log would, and return what was published on them."""
        before = len(self.published.events)
        for event in events:
            await self.handler(event)([received(event)])
        return self.published.events[before:]

    def handler(self, event: Event):
        return self.matching.needs if "need" in spec_of(event).name else self.matching.profiles


def received(event: Event) -> Received:
    return Received(event=event, event_id=event_id(event), key=event.key, topic=spec_of(event).topic.name)


def tombstone(key: str, *, topic: str) -> Received:
    return Received(event=None, event_id=f"{topic}:tombstone", key=key, topic=topic)


async def matching_parts(*, rules: Rules | None = None) -> Parts:
    embedder, published = ConceptEmbedder(), Published()
    index = await open_index(":memory:", space=embedder.space, dimension=embedder.dimension)
    matching = Matching(embedder=embedder, index=index, publisher=published, clock=ManualClock(), rules=rules or RULES)
    return Parts(embedder=embedder, index=index, published=published, matching=matching)
