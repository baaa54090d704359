import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.adapters.embedding.batching import EncodingThread, Job, WaitingTexts
from samspil.errors import ModelUnavailable
from samspil.ports import TextKind
from tests.unit.embedding_parts import LetterModel, letters

TOKENS = 100
ARRIVALS = st.lists(st.tuples(st.integers(1, 3 * TOKENS), st.sampled_from(TextKind)), max_size=40)


def a_job(text: str = "water", kind: TextKind = TextKind.QUERY) -> Job:
    return Job(text, kind)


def waiting(arrivals) -> tuple[WaitingTexts, dict[Job, int]]:
    queue, lengths = WaitingTexts(batch_tokens=TOKENS), {}
    for length, kind in arrivals:
        job = a_job(kind=kind)
        queue.add(job, length=length)
        lengths[job] = length
    return queue, lengths


@given(ARRIVALS)
def test_each_text_that_waits_is_taken_once(arrivals):
    queue, lengths = waiting(arrivals)
    taken = []
    while batch := queue.next_batch():
        taken += batch
    assert len(taken) == len(lengths)
    assert set(taken) == set(lengths)
    assert len(queue) == 0


@given(ARRIVALS)
def test_a_batch_is_of_one_kind_and_its_padded_tokens_are_bounded(arrivals):
    queue, lengths = waiting(arrivals)
    while batch := queue.next_batch():
        assert len({job.kind for job in batch}) == 1
        assert len(batch) == 1 or len(batch) * max(lengths[job] for job in batch) <= TOKENS


@given(ARRIVALS.filter(bool), ARRIVALS)
def test_the_oldest_text_is_taken_within_two_batches_whatever_arrives(arrivals, later):
    queue, lengths = waiting(arrivals)
    oldest = next(iter(lengths))
    first = queue.next_batch()
    for length, kind in later:
        queue.add(a_job(kind=kind), length=length)
    assert oldest in [*first, *queue.next_batch()]


@given(ARRIVALS)
def test_the_shortest_text_is_taken_within_two_batches_however_many_wait(arrivals):
    queue, _ = waiting([(length + 1, kind) for length, kind in arrivals])
    queue.next_batch()
    short = a_job()
    queue.add(short, length=1)
    assert short in [*queue.next_batch(), *queue.next_batch()]


def test_texts_of_a_load_go_together():
    queue, _ = waiting([(10, TextKind.QUERY)] * 30)
    assert [len(queue.next_batch()) for _ in range(3)] == [10, 10, 10]


@pytest.fixture
def model():
    return LetterModel()


@pytest.fixture
def thread(model):
    thread = EncodingThread(model, batch_tokens=TOKENS)
    yield thread
    model.gate.set()
    thread.close()


def test_each_job_has_the_vector_of_its_own_text(thread):
    jobs = [a_job("a" * length, kind) for length in range(1, 30) for kind in TextKind]
    thread.submit(jobs)
    for job in jobs:
        assert job.vector.result(timeout=60).tolist() == letters(job.text, kind=job.kind).tolist()


def test_all_work_is_done_in_the_threads_own_thread(thread, model):
    job = a_job()
    thread.submit([job])
    job.vector.result(timeout=60)
    assert model.thread.name == "samspil-embedding"


@pytest.mark.parametrize("bad", ["unreadable", "poison"])
def test_a_text_that_the_model_cannot_read_fails_alone(thread, bad):
    good = [a_job("good"), a_job("fine")]
    jobs = [good[0], a_job(bad), good[1]]
    thread.submit(jobs)
    assert all(job.vector.result(timeout=60) is not None for job in good)
    with pytest.raises(ModelUnavailable):
        jobs[1].vector.result(timeout=60)


def test_a_text_that_was_cancelled_before_its_turn_is_not_encoded(thread, model):
    model.gate.clear()
    thread.submit([a_job("first")])
    assert model.reached.wait(timeout=60)
    unwanted, wanted = a_job("unwanted"), a_job("wanted")
    thread.submit([unwanted, wanted])
    assert unwanted.vector.cancel()
    model.gate.set()
    wanted.vector.result(timeout=60)
    assert model.encoded == ["first", "wanted"]


def test_closing_ends_after_the_batch_under_way_and_fails_what_waits():
    model = LetterModel(shut=True)
    thread = EncodingThread(model, batch_tokens=5)
    first, second = a_job("first"), a_job("second")
    thread.submit([first])
    assert model.reached.wait(timeout=60)
    thread.submit([second])
    model.gate.set()
    thread.close()
    assert first.vector.result(timeout=60) is not None
    assert second.vector.done()
    with pytest.raises(ModelUnavailable):
        thread.submit([a_job()])


def test_a_thread_can_be_closed_twice(thread):
    thread.close()
    thread.close()
