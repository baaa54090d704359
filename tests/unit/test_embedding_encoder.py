import asyncio
from contextlib import suppress

import numpy as np
import pytest

from samspil.adapters.embedding.batching import EncodingThread
from samspil.adapters.embedding.encoder import ThreadedEmbedder, VectorCache
from samspil.errors import ModelUnavailable
from samspil.observability import EMBEDDED_TEXTS
from samspil.ports import EmbedText, TextKind
from tests.unit.embedding_parts import LetterModel, letters


def a_text(text: str = "water", *, language: str = "en", kind: TextKind = TextKind.QUERY) -> EmbedText:
    return EmbedText(text=text, language=language, kind=kind)


@pytest.fixture
def model():
    return LetterModel()


@pytest.fixture
async def embedder(model):
    embedder = over(model)
    yield embedder
    model.gate.set()
    await embedder.close()


def over(model, *, cache_entries=100) -> ThreadedEmbedder:
    return ThreadedEmbedder(
        EncodingThread(model, batch_tokens=200), space="test", dimension=model.dimension, cache_entries=cache_entries
    )


async def reached(model) -> None:
    assert await asyncio.to_thread(model.reached.wait, 60)


async def test_vectors_come_in_the_order_of_the_texts(embedder):
    texts = [a_text("z" * length) for length in (50, 1, 20, 90, 3)]
    vectors = await embedder.embed(texts)
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [letters(text.text, kind=text.kind).tolist() for text in texts]


async def test_no_texts_have_no_vectors(embedder, model):
    assert (await embedder.embed([])).shape == (0, model.dimension)


async def test_callers_at_once_each_have_their_own_vectors(embedder):
    calls = [[a_text(f"{chr(97 + caller) * 3} {number}") for number in range(5)] for caller in range(20)]
    answers = await asyncio.gather(*(embedder.embed(texts) for texts in calls))
    for texts, vectors in zip(calls, answers, strict=True):
        assert vectors.tolist() == [letters(text.text, kind=text.kind).tolist() for text in texts]


async def test_equal_texts_of_a_call_are_encoded_once(embedder, model):
    vectors = await embedder.embed([a_text("water"), a_text("pipe"), a_text("water")])
    assert sorted(model.encoded) == ["pipe", "water"]
    assert vectors[0].tobytes() == vectors[2].tobytes()


async def test_a_text_that_was_embedded_is_not_encoded_again_in_any_language(embedder, model):
    first = await embedder.embed([a_text("water", language="en")])
    second = await embedder.embed([a_text("water", language="da")])
    assert model.encoded == ["water"]
    assert first.tobytes() == second.tobytes()


async def test_a_query_and_a_passage_of_equal_text_differ(embedder, model):
    vectors = await embedder.embed([a_text(kind=TextKind.QUERY), a_text(kind=TextKind.PASSAGE)])
    assert len(model.encoded) == 2
    assert vectors[0].tolist() != vectors[1].tolist()


async def test_callers_who_ask_for_the_same_text_at_once_share_it(embedder, model):
    model.gate.clear()
    calls = [asyncio.create_task(embedder.embed([a_text("water")])) for _ in range(5)]
    await reached(model)
    model.gate.set()
    answers = await asyncio.gather(*calls)
    assert model.encoded == ["water"]
    assert len({answer.tobytes() for answer in answers}) == 1


async def test_a_caller_who_changes_the_answer_changes_nobody_elses(embedder):
    first = await embedder.embed([a_text()])
    expected = first.copy()
    first[:] = 0
    assert (await embedder.embed([a_text()])).tolist() == expected.tolist()


async def test_the_event_loop_goes_on_while_the_model_works(embedder, model):
    model.gate.clear()
    answer = asyncio.create_task(embedder.embed([a_text()]))
    await reached(model)
    # The model is held at its gate; only a free loop gets past these.
    for _ in range(100):
        await asyncio.sleep(0)
    assert not answer.done()
    model.gate.set()
    assert (await answer).shape == (1, model.dimension)


async def test_a_caller_who_gives_up_takes_nothing_from_the_others(embedder, model):
    model.gate.clear()
    patient = asyncio.create_task(embedder.embed([a_text("shared")]))
    await reached(model)
    hasty = asyncio.create_task(embedder.embed([a_text("shared"), a_text("unwanted")]))
    await asyncio.sleep(0)
    hasty.cancel()
    with suppress(asyncio.CancelledError):
        await hasty
    model.gate.set()
    assert (await patient).tolist() == [letters("shared", kind=TextKind.QUERY).tolist()]
    await embedder.embed([a_text("next")])
    assert model.encoded == ["shared", "next"]


async def test_a_text_that_its_caller_gave_up_can_be_asked_for_again(embedder, model):
    model.gate.clear()
    busy = asyncio.create_task(embedder.embed([a_text("busy")]))
    await reached(model)
    hasty = asyncio.create_task(embedder.embed([a_text("water")]))
    await asyncio.sleep(0)
    hasty.cancel()
    again = asyncio.create_task(embedder.embed([a_text("water")]))
    model.gate.set()
    assert (await again).tolist() == [letters("water", kind=TextKind.QUERY).tolist()]
    await busy


async def test_a_failure_of_the_model_reaches_its_caller_and_is_not_remembered(embedder, model):
    with pytest.raises(ModelUnavailable, match="RuntimeError"):
        await embedder.embed([a_text("poison"), a_text("water")])
    assert (await embedder.embed([a_text("water")])).shape == (1, model.dimension)
    with pytest.raises(ModelUnavailable):
        await embedder.embed([a_text("poison")])


async def test_half_a_surrogate_pair_is_read_as_a_question_mark(embedder, model):
    assert (await embedder.embed([a_text("water \ud83d")])).shape == (1, model.dimension)
    assert model.encoded == ["water ?"]


async def test_closing_fails_who_waits_and_refuses_who_comes(model):
    embedder = over(model)
    model.gate.clear()
    under_way = asyncio.create_task(embedder.embed([a_text("under way")]))
    await reached(model)
    waits = asyncio.create_task(embedder.embed([a_text("waits")]))
    await asyncio.sleep(0)
    closing = asyncio.create_task(embedder.close())
    await asyncio.sleep(0)
    with pytest.raises(ModelUnavailable):
        await embedder.embed([a_text("late")])
    model.gate.set()
    await closing
    assert (await under_way).shape == (1, model.dimension)
    with pytest.raises(ModelUnavailable, match="closed"):
        await waits
    await embedder.close()


async def test_a_text_is_encoded_once_whatever_its_language(model, embedder):
    danish, english = await embedder.embed([a_text(language="da"), a_text(language="en")])
    assert danish.tolist() == english.tolist()
    assert model.encoded == ["water"]


async def test_the_metrics_say_how_many_texts_the_cache_knew(embedder):
    def counts():
        return [EMBEDDED_TEXTS.labels(cached=cached)._value.get() for cached in ("yes", "no")]

    yes, no = counts()
    await embedder.embed([a_text("water"), a_text("pipe")])
    await embedder.embed([a_text("water"), a_text("meal")])
    assert counts() == [yes + 1, no + 3]


def test_the_cache_forgets_what_nobody_has_asked_for_the_longest():
    cache = VectorCache(entries=2)
    for name in (b"first", b"second"):
        cache.put(name, np.zeros(3, dtype=np.float32))
    cache.get(b"first")
    cache.put(b"third", np.zeros(3, dtype=np.float32))
    assert [name for name in (b"first", b"second", b"third") if cache.get(name) is not None] == [b"first", b"third"]
