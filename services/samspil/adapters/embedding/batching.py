"""One thread that encodes the texts of many callers, in batches bounded by tokens.

A model reads a batch as fast as its longest text allows, so texts of about the same length go together. Every second batch begins
with the shortest text that waits, so that a question typed by a person does not wait for a load of thousands; the other ones with
the text that has waited longest, so that no text waits for ever.
"""

import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from samspil.errors import ModelUnavailable
from samspil.observability import EMBEDDING_SECONDS
from samspil.ports import TextKind, Vectors

# Texts of 20 / 120 / 400 tokens a second, bf16 on 2 cores, by tokens in a batch: 1024: 633/103/33, 2048: 823/128/36,
# 4096: 864/135/38, 8192: 931/121/35; a batch of 4096 takes 0.2 to 0.3 s, which is what a newcomer waits at most twice.
BATCH_TOKENS = 4096

log = structlog.get_logger(__name__)


class TextModel(Protocol):
    """What encodes; used from one thread only."""

    def enter_thread(self) -> None:
        """Prepare the thread that will encode."""
        ...

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens of each text will be read."""
        ...

    def encode(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        """Return unit vectors, shape (len(texts), dimension), float32."""
        ...


@dataclass(frozen=True, eq=False)
class Job:
    """A text to encode, and the promise of its vector, shape (dimension,)."""

    text: str
    kind: TextKind
    vector: Future[Vectors] = field(default_factory=Future)


@dataclass(frozen=True, order=True)
class _Waiting:
    """A job in the queue: ordered by length, then by arrival."""

    length: int
    number: int
    job: Job = field(compare=False)


class WaitingTexts:
    """The texts that wait for the model, and which of them go next. Not for several threads."""

    def __init__(self, *, batch_tokens: int = BATCH_TOKENS) -> None:
        self._batch_tokens = batch_tokens
        self._by_length: dict[TextKind, list[_Waiting]] = {kind: [] for kind in TextKind}
        self._arrivals: dict[int, tuple[TextKind, _Waiting]] = {}  # in the order of arrival
        self._number = 0
        self._shortest_next = True

    def __len__(self) -> int:
        return len(self._arrivals)

    def add(self, job: Job, *, length: int) -> None:
        """Let a text of this many tokens wait."""
        waiting = _Waiting(max(1, length), self._number, job)
        self._number += 1
        insort(self._by_length[job.kind], waiting)
        self._arrivals[waiting.number] = (job.kind, waiting)

    def next_batch(self) -> list[Job]:
        """Take the next batch: at least one text, all of one kind, no more tokens (with padding) than allowed."""
        if not self._arrivals:
            return []
        if self._shortest_next:
            kind = min((kind for kind in TextKind if self._by_length[kind]), key=lambda kind: self._by_length[kind][0])
            first = 0
        else:
            kind, oldest = next(iter(self._arrivals.values()))
            first = bisect_left(self._by_length[kind], oldest)
        self._shortest_next = not self._shortest_next
        return self._take(self._by_length[kind], first)

    def _take(self, queue: list[_Waiting], first: int) -> list[Job]:
        """Take the text at `first` with as many neighbours as fit: shorter ones before longer ones, for they cost less."""
        start, stop = first, first + 1
        while start > 0 and (stop - start + 1) * queue[first].length <= self._batch_tokens:
            start -= 1
        while stop < len(queue) and (stop - start + 1) * queue[stop].length <= self._batch_tokens:
            stop += 1
        batch = queue[start:stop]
        del queue[start:stop]
        for waiting in batch:
            del self._arrivals[waiting.number]
        return [waiting.job for waiting in batch]

    def clear(self) -> list[Job]:
        """Take all texts that wait."""
        jobs = [waiting.job for _, waiting in self._arrivals.values()]
        self._arrivals.clear()
        for queue in self._by_length.values():
            queue.clear()
        return jobs


class EncodingThread:
    """Encodes in a thread of its own, so that the event loop stays free; see the module."""

    def __init__(self, model: TextModel, *, batch_tokens: int = BATCH_TOKENS) -> None:
        self._model = model
        self._waiting = WaitingTexts(batch_tokens=batch_tokens)
        self._arrived: list[Job] = []
        self._closing = False
        self._changed = threading.Condition()
        # A daemon: a process that forgets to close still ends.
        self._thread = threading.Thread(target=self._run, name="samspil-embedding", daemon=True)
        self._thread.start()

    def submit(self, jobs: Sequence[Job]) -> None:
        """Let texts be encoded; a job whose vector is cancelled before its turn is skipped.

        Raises:
            ModelUnavailable: the thread is closed.
        """
        with self._changed:
            if self._closing:
                raise closed()
            self._arrived.extend(jobs)
            self._changed.notify()

    def stop(self) -> None:
        """Take no more; the thread ends after the batch that is under way, and what waits fails as unavailable."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def close(self) -> None:
        """Stop, and wait for the thread's end, which may take a second."""
        self.stop()
        self._thread.join()

    def _run(self) -> None:
        self._model.enter_thread()
        while (arrived := self._next_arrivals()) is not None:
            self._queue(arrived)
            self._encode(self._waiting.next_batch())
        with self._changed:
            left = [*self._waiting.clear(), *self._arrived]
            self._arrived = []
        _fail(left, closed())

    def _next_arrivals(self) -> list[Job] | None:
        """What has arrived, waiting for it if there is nothing else to do; None when it is time to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._arrived or len(self._waiting))
            if self._closing:
                return None
            arrived, self._arrived = self._arrived, []
            return arrived

    def _queue(self, jobs: list[Job]) -> None:
        jobs = [job for job in jobs if not job.vector.cancelled()]
        if not jobs:
            return
        try:
            lengths = self._model.lengths([job.text for job in jobs])
        except Exception as error:  # noqa: BLE001 — as in _encode
            self._one_by_one(jobs, error, self._queue)
            return
        for job, length in zip(jobs, lengths, strict=True):
            self._waiting.add(job, length=length)

    def _encode(self, batch: list[Job]) -> None:
        jobs = [job for job in batch if job.vector.running() or job.vector.set_running_or_notify_cancel()]
        if not jobs:
            return
        try:
            with EMBEDDING_SECONDS.time():
                vectors = self._model.encode([job.text for job in jobs], kind=jobs[0].kind)
        except Exception as error:  # noqa: BLE001 — whatever a model raises, the caller hears of it and the thread goes on
            self._one_by_one(jobs, error, self._encode)
            return
        for job, vector in zip(jobs, vectors, strict=True):
            job.vector.set_result(vector)

    def _one_by_one(self, jobs: list[Job], error: Exception, work: Callable[[list[Job]], None]) -> None:
        """Try the texts of a failed batch by themselves, so that one that the model cannot read fails alone."""
        log.warning("model_failed", error=type(error).__name__, texts=len(jobs))
        if len(jobs) > 1:
            for job in jobs:
                work([job])
            return
        failure = ModelUnavailable(f"The language model failed on a text ({type(error).__name__}).", hint="Its log says why.")
        failure.__cause__ = error
        _fail(jobs, failure)


def closed() -> ModelUnavailable:
    """The error of a model that was closed."""
    return ModelUnavailable("The language model was closed.", hint="Start Samspil again.")


def _fail(jobs: list[Job], error: ModelUnavailable) -> None:
    for job in jobs:
        if job.vector.running() or job.vector.set_running_or_notify_cancel():
            job.vector.set_exception(error)
