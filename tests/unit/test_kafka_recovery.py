import asyncio
import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from samspil.clock import ManualClock
from samspil.errors import BrokerUnavailable, RecordUnavailable, Refused
from samspil.observability import BREAKER_OPEN, METRICS, RECORDS, RETRIES, REWINDS
from samspil.recovery import (
    Breaker,
    BreakerSettings,
    Delivery,
    Failure,
    Outcome,
    RawRecord,
    Recovery,
    RetryPolicy,
    Rewound,
    Unreadable,
    describe,
)

RETRY = RetryPolicy(first=1, factor=2, longest=4, total=10)


class Letters:
    """Dead letters that are kept, or cannot be for so many tries."""

    def __init__(self, *, unavailable: int = 0) -> None:
        self.kept: list[Failure] = []
        self._unavailable = unavailable

    async def put(self, failures: Sequence[Failure]) -> None:
        if self._unavailable:
            self._unavailable -= 1
            raise BrokerUnavailable("The broker is away.")
        self.kept.extend(failures)

    @property
    def offsets(self) -> list[int]:
        return [failure.record.offset for failure in self.kept]


class Handler:
    """Remembers what it was called with, and fails as it is told for a batch."""

    def __init__(self, fail: Callable[[Sequence[str], int], Exception | None] = lambda _batch, _call: None) -> None:
        self.calls: list[list[str]] = []
        self._fail = fail

    async def __call__(self, batch: Sequence[str]) -> None:
        self.calls.append(list(batch))
        if error := self._fail(batch, len(self.calls)):
            raise error


def batch_of(*contents: str | Unreadable, start: int = 0) -> list[Delivery[str]]:
    return [
        Delivery(record=RawRecord(topic="needs", offset=start + index), content=content) for index, content in enumerate(contents)
    ]


def poison(*poisoned: str) -> Callable[[Sequence[str], int], Exception | None]:
    return lambda batch, _call: ValueError("poison") if set(batch) & set(poisoned) else None


def recovery_of(handle: Any, letters: Letters, *, clock: ManualClock | None = None, **options: Any) -> Recovery[str]:
    values: dict[str, Any] = {"group": "g", "retry": RETRY, "random": lambda: 0.0, "clock": clock or ManualClock()}
    return Recovery(handle, dead_letters=letters, **(values | options))


def counted(metric: Any, *labels: str) -> float:
    return float(metric.labels(*labels)._value.get())


async def test_a_good_batch_reaches_the_handler_once_and_in_order() -> None:
    handler, letters = Handler(), Letters()

    await recovery_of(handler, letters).take(batch_of("a", "b", "c"))

    assert handler.calls == [["a", "b", "c"]]
    assert letters.kept == []


async def test_unreadable_records_go_to_the_dead_letters_and_their_neighbours_to_the_handler() -> None:
    handler, letters = Handler(), Letters()

    await recovery_of(handler, letters).take(batch_of("a", Unreadable(reason="no JSON", event_id="e-1"), "c"))

    assert handler.calls == [["a", "c"]]
    assert [(failure.record.offset, failure.reason, failure.event_id) for failure in letters.kept] == [(1, "no JSON", "e-1")]


async def test_a_batch_of_nothing_readable_never_calls_the_handler() -> None:
    handler, letters = Handler(), Letters()

    await recovery_of(handler, letters).take(batch_of(Unreadable(reason="x"), Unreadable(reason="y")))

    assert handler.calls == []
    assert letters.offsets == [0, 1]


async def test_a_transient_error_is_tried_again_with_growing_waits_until_it_passes() -> None:
    clock = ManualClock()
    times: list[datetime] = []

    def fail(_batch: Sequence[str], call: int) -> Exception | None:
        times.append(clock.now())
        return RecordUnavailable("locked") if call < 4 else None

    handler, letters = Handler(fail), Letters()
    await recovery_of(handler, letters, clock=clock).take(batch_of("a", "b"))

    assert handler.calls == [["a", "b"]] * 4
    assert [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)] == [1, 2, 4]
    assert letters.kept == []


async def test_a_transient_error_that_stays_gives_the_batch_back_within_the_bounded_time() -> None:
    clock = ManualClock()
    started = clock.now()
    handler, letters = Handler(lambda *_: RecordUnavailable("locked")), Letters()
    recovery = recovery_of(handler, letters, clock=clock)
    rewinds, retries = counted(REWINDS, "g"), counted(RETRIES, "g")

    with pytest.raises(Rewound, match="locked"):
        await recovery.take(batch_of("a"))

    assert (clock.now() - started).total_seconds() <= RETRY.total
    assert letters.kept == []
    assert counted(REWINDS, "g") == rewinds + 1
    assert counted(RETRIES, "g") == retries + 3
    assert not recovery.state().ready
    assert "locked" in recovery.state().reason


async def test_a_group_is_ready_again_after_a_batch_was_taken() -> None:
    handler = Handler(lambda _batch, call: RecordUnavailable("locked") if call <= 4 else None)
    recovery = recovery_of(handler, Letters())
    with pytest.raises(Rewound):
        await recovery.take(batch_of("a"))

    await recovery.take(batch_of("a"))

    assert recovery.state().ready


async def test_a_poisoned_record_alone_goes_to_the_dead_letters_with_class_and_message() -> None:
    handler, letters = Handler(poison("b")), Letters()

    await recovery_of(handler, letters).take(batch_of("a", "b", "c"))

    assert handler.calls == [["a", "b", "c"], ["a"], ["b"], ["c"]]
    assert [(failure.record.offset, failure.reason) for failure in letters.kept] == [(1, "ValueError: poison")]


async def test_a_single_record_that_fails_is_not_tried_twice() -> None:
    handler, letters = Handler(poison("a")), Letters()

    await recovery_of(handler, letters).take(batch_of("a"))

    assert handler.calls == [["a"]]
    assert letters.offsets == [0]


async def test_dead_letters_keep_the_order_of_the_batch_whatever_failed() -> None:
    handler, letters = Handler(poison("a", "d")), Letters()

    await recovery_of(handler, letters).take(
        batch_of("a", Unreadable(reason="x"), "c", "d", Unreadable(reason="y"), "f", "g", "h")
    )

    assert letters.offsets == [0, 1, 3, 4]


async def test_a_transient_error_of_one_record_alone_gives_the_whole_batch_back_and_buries_nothing() -> None:
    def fail(batch: Sequence[str], _call: int) -> Exception | None:
        if len(batch) > 1:
            return ValueError("poison")
        return RecordUnavailable("locked") if batch == ["c"] else poison("a")(batch, 0)

    letters = Letters()

    with pytest.raises(Rewound):
        await recovery_of(Handler(fail), letters).take(batch_of("a", "b", "c"))

    assert letters.kept == []


async def test_dead_letters_that_cannot_be_written_are_tried_again() -> None:
    letters = Letters(unavailable=2)

    await recovery_of(Handler(poison("a")), letters).take(batch_of("a", "b"))

    assert letters.offsets == [0]


async def test_a_batch_whose_dead_letters_cannot_be_written_is_given_back() -> None:
    taken = counted(RECORDS, "g", "needs", "taken")

    with pytest.raises(Rewound, match="away"):
        await recovery_of(Handler(poison("a")), Letters(unavailable=99)).take(batch_of("a", "b"))

    assert counted(RECORDS, "g", "needs", "taken") == taken


async def test_a_cancellation_passes_through_and_nothing_counts_as_taken() -> None:
    started = asyncio.Event()

    async def never(_batch: Sequence[str]) -> None:
        started.set()
        await asyncio.Event().wait()

    letters = Letters()
    taken = counted(RECORDS, "g", "needs", "taken")
    taking = asyncio.create_task(recovery_of(never, letters).take(batch_of("a", Unreadable(reason="x"))))
    await started.wait()

    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking

    assert letters.kept == []
    assert counted(RECORDS, "g", "needs", "taken") == taken


async def test_a_stop_ends_the_wait_for_a_retry_at_once() -> None:
    class Endless(ManualClock):
        def __init__(self) -> None:
            super().__init__()
            self.waiting = asyncio.Event()

        async def sleep(self, seconds: float) -> None:
            self.waiting.set()
            await asyncio.Event().wait()

    clock = Endless()
    recovery = recovery_of(Handler(lambda *_: RecordUnavailable("locked")), Letters(), clock=clock)
    taking = asyncio.create_task(recovery.take(batch_of("a")))
    await clock.waiting.wait()

    recovery.stop()

    with pytest.raises(Rewound):
        await taking


async def test_each_record_is_counted_by_its_outcome() -> None:
    before = counted(RECORDS, "g", "needs", "taken"), counted(RECORDS, "g", "needs", "dead_lettered")

    await recovery_of(Handler(poison("b")), Letters()).take(batch_of("a", "b", "c", Unreadable(reason="x")))

    after = counted(RECORDS, "g", "needs", "taken"), counted(RECORDS, "g", "needs", "dead_lettered")
    assert (after[0] - before[0], after[1] - before[1]) == (2, 2)


async def test_when_nearly_everything_fails_nothing_is_drained_and_the_group_is_unready() -> None:
    letters = Letters()
    recovery = recovery_of(Handler(lambda *_: ValueError("broken deployment")), letters)

    with pytest.raises(Rewound):
        await recovery.take(batch_of(*"abcdefghijklmnopqrstuvwxyz"))

    assert letters.kept == []
    assert not recovery.state().ready
    assert METRICS.get_sample_value("samspil_breaker_open", {"group": "g"}) == 1


async def test_an_open_breaker_holds_for_the_cool_down_and_a_success_closes_it() -> None:
    clock, letters = ManualClock(), Letters()
    broken = True
    handler = Handler(lambda *_: ValueError("broken deployment") if broken else None)
    recovery = recovery_of(handler, letters, clock=clock, breaker=BreakerSettings(cool_down=60))
    batch = batch_of(*"abcdefghijklmnopqrstuvwxyz")
    with pytest.raises(Rewound):
        await recovery.take(batch)
    opened, calls = clock.now(), len(handler.calls)

    broken = False
    await recovery.take(batch)

    assert clock.now() - opened >= timedelta(seconds=60)
    assert handler.calls[calls:] == [list("abcdefghijklmnopqrstuvwxyz")]
    assert letters.kept == []
    assert recovery.state().ready
    assert counted(BREAKER_OPEN, "g") == 0


async def test_a_probe_that_fails_opens_the_breaker_again_and_buries_nothing() -> None:
    clock, letters = ManualClock(), Letters()
    recovery = recovery_of(Handler(lambda *_: ValueError("broken deployment")), letters, clock=clock)
    batch = batch_of(*"abcdefghijklmnopqrstuvwxyz")
    for _ in range(3):
        with pytest.raises(Rewound):
            await recovery.take(batch)

    assert letters.kept == []
    assert not recovery.state().ready


async def test_a_heap_of_unreadable_records_slows_a_group_and_never_blocks_it() -> None:
    clock, letters, handler = ManualClock(), Letters(), Handler()
    recovery = recovery_of(handler, letters, clock=clock, breaker=BreakerSettings(cool_down=60))
    rubbish = [batch_of(*[Unreadable(reason="no JSON")] * 25, start=25 * number) for number in range(3)]
    started = clock.now()
    with pytest.raises(Rewound):
        await recovery.take(rubbish[0])

    for batch in rubbish:
        await recovery.take(batch)
        assert not recovery.state().ready
    await recovery.take(batch_of("a", start=75))

    assert letters.offsets == list(range(75))
    assert clock.now() - started >= timedelta(seconds=4 * 60)
    assert handler.calls == [["a"]]
    assert recovery.state().ready


async def test_a_probe_that_meets_a_transient_error_leaves_the_breaker_open() -> None:
    errors: list[Exception] = [ValueError("broken")] * 27
    recovery = recovery_of(
        Handler(lambda _batch, _call: errors.pop() if errors else RecordUnavailable("locked")),
        Letters(),
    )
    batch = batch_of(*"abcdefghijklmnopqrstuvwxyz")
    for _ in range(2):
        with pytest.raises(Rewound):
            await recovery.take(batch)

    assert "Nearly every record failed" in recovery.state().reason


def test_a_breaker_looks_at_no_fewer_records_than_its_minimum() -> None:
    breaker = Breaker(group="g", settings=BreakerSettings(minimum=20), clock=ManualClock())

    assert breaker.judge([Outcome.FAILED] * 19)
    assert not breaker.judge([Outcome.FAILED])


def test_a_breaker_forgets_what_has_left_its_window() -> None:
    breaker = Breaker(group="g", settings=BreakerSettings(window=50, minimum=20, share=0.9), clock=ManualClock())

    assert breaker.judge([Outcome.TAKEN] * 1_000 + [Outcome.FAILED] * 44)
    assert not breaker.judge([Outcome.FAILED] * 1)


@given(random=st.floats(min_value=0, max_value=1, exclude_max=True), first=st.floats(0.01, 1), longest=st.floats(1, 60))
def test_waits_never_exceed_the_longest_nor_fall_below_half_of_the_first(random: float, first: float, longest: float) -> None:
    waits = RetryPolicy(first=first, longest=longest).waits(lambda: random)

    assert all(first / 2 <= next(waits) <= longest for _ in range(30))


async def taken_at_last(recovery: Recovery[str], batch: list[Delivery[str]]) -> None:
    """Deliver a batch as the log does: again, as long as it is given back."""
    while True:
        try:
            return await recovery.take(batch)
        except Rewound:
            continue


batches = st.lists(
    st.lists(st.sampled_from(["good", "poison", "flaky", "unreadable"]), min_size=1, max_size=8), min_size=1, max_size=6
)


@given(batches=batches)
async def test_every_record_ends_either_taken_or_in_the_dead_letters_and_never_both(batches: list[list[str]]) -> None:
    letters, effects = Letters(), set[str]()
    flaky: set[str] = set()

    async def handle(batch: Sequence[str]) -> None:
        for content in batch:
            if content.startswith("poison"):
                raise ValueError("poison")
            if content.startswith("flaky") and content not in flaky:
                flaky.add(content)
                raise RecordUnavailable("locked")
        effects.update(batch)

    never_opens = BreakerSettings(minimum=1_000)
    recovery = recovery_of(handle, letters, breaker=never_opens)
    expected_dead, expected_effects, offset = [], set(), 0
    for kinds in batches:
        contents: list[str | Unreadable] = []
        for kind in kinds:
            name = f"{kind}-{offset}"
            if kind in {"poison", "unreadable"}:
                expected_dead.append(offset)
            else:
                expected_effects.add(name)
            contents.append(Unreadable(reason="x") if kind == "unreadable" else name)
            offset += 1
        await taken_at_last(recovery, batch_of(*contents, start=offset - len(kinds)))

    assert letters.offsets == expected_dead
    assert effects == expected_effects


def test_a_foreign_error_is_described_by_its_first_line_alone() -> None:
    error = RuntimeError("UNIQUE constraint failed\n[SQL: INSERT …]\n[parameters: ('Inger Example',)]")

    assert describe(error) == "RuntimeError: UNIQUE constraint failed"


def test_our_own_errors_are_described_with_what_to_do() -> None:
    assert describe(Refused("It is too large.", hint="Shorten it.")) == "It is too large. Shorten it."


def test_an_error_without_a_message_is_described_by_its_class() -> None:
    assert describe(KeyError()) == "KeyError: no message"


def test_a_validation_error_of_a_handler_is_described_without_what_stood_in_the_fields() -> None:
    class Form(BaseModel):
        age: int

    with pytest.raises(ValueError, match="age") as caught:
        Form.model_validate({"age": "Inger Example"})

    assert describe(caught.value).startswith("age: Input should be a valid integer")
    assert "Inger" not in describe(caught.value)


async def test_the_group_is_ready_before_the_first_batch() -> None:
    state = recovery_of(Handler(), Letters(), clock=ManualClock(datetime(2026, 1, 1, tzinfo=UTC))).state()

    assert state.ready
    assert state.group == "g"
