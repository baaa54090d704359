"""Which CPV codes a text is about."""

import asyncio

import numpy as np
import pytest

from samspil.adapters.embedding.stored import stored_vectors
from samspil.errors import Misconfigured, ModelUnavailable
from samspil.matching.suggesting import LabelSuggester, label_texts
from samspil.ports import EmbedText, TextKind
from samspil.reference import cpv


class Letters:
    """Embeds a text as the letters that it has, so that equal words are near."""

    space, dimension = "letters:26", 26

    def __init__(self):
        self.texts = 0

    async def embed(self, texts):
        self.texts += len(texts)
        vectors = np.array([[text.text.lower().count(chr(97 + place)) + 1e-3 for place in range(26)] for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def embedder():
    return Letters()


def stored(embedder, tmp_path, texts, *, told=lambda *_: None):
    return stored_vectors(texts, name="labels", embedder=embedder, cache_dir=tmp_path, progress=told)


async def suggester(embedder):
    vectors = await embedder.embed(label_texts())

    async def load():
        return vectors

    return LabelSuggester(embedder=embedder, load=load)


async def test_the_code_whose_label_is_nearest_comes_first_with_labels_in_the_language_asked_for(embedder):
    code = "90490000"
    text = cpv.label(code, "en")
    found = await (await suggester(embedder)).suggest(text, language="da", limit=3)
    assert len(found) == 3
    assert found[0].code == code
    assert found[0].path == cpv.path_labels(code, "da")
    assert found[0].closeness == pytest.approx(1, abs=1e-3)
    assert found[0].closeness >= found[1].closeness >= found[2].closeness


async def test_there_is_one_label_text_for_each_code():
    texts = label_texts()
    assert len(texts) == len(cpv.codes())
    assert all(text.text and text.kind is TextKind.PASSAGE for text in texts)


async def test_the_labels_are_read_once_and_again_after_a_failure(embedder):
    calls = []

    async def load():
        calls.append(1)
        if len(calls) == 1:
            raise ModelUnavailable("The model is away.")
        return await embedder.embed(label_texts())

    asked = LabelSuggester(embedder=embedder, load=load)
    with pytest.raises(ModelUnavailable):
        await asked.suggest("pipes", language="en")
    await asyncio.gather(*(asked.suggest("pipes", language="en") for _ in range(3)))
    assert len(calls) == 2
    await asked.close()


async def test_who_gives_up_waiting_does_not_end_the_reading_for_others(embedder):
    going = asyncio.Event()

    async def load():
        await going.wait()
        return await embedder.embed(label_texts())

    asked = LabelSuggester(embedder=embedder, load=load)
    impatient = asyncio.create_task(asked.suggest("pipes", language="en"))
    patient = asyncio.create_task(asked.suggest("pipes", language="en"))
    await asyncio.sleep(0)
    impatient.cancel()
    going.set()
    assert len(await patient) == 5


TEXTS = [EmbedText(text=f"text {number}", language="en", kind=TextKind.PASSAGE) for number in range(150)]


async def test_vectors_are_embedded_once_and_read_afterwards(embedder, tmp_path):
    told = []
    first = await stored(embedder, tmp_path, TEXTS, told=lambda part, share: told.append((part, share)))
    assert [share for _, share in told] == sorted({share for _, share in told})
    assert embedder.texts == 150
    again = await stored(embedder, tmp_path, TEXTS)
    assert embedder.texts == 150
    assert np.array_equal(first, again)
    assert np.allclose(first, await embedder.embed(TEXTS), atol=1e-3)
    embedder.texts -= 150
    await stored(embedder, tmp_path, TEXTS[:10])
    assert embedder.texts == 160


@pytest.mark.parametrize("damage", [b"", b"no array", None])
async def test_a_damaged_file_is_written_again(embedder, tmp_path, damage):
    await stored(embedder, tmp_path, TEXTS)
    [file] = (tmp_path / "vectors").iterdir()
    file.write_bytes(file.read_bytes()[:-100] if damage is None else damage)
    await stored(embedder, tmp_path, TEXTS)
    assert embedder.texts == 300
    await stored(embedder, tmp_path, TEXTS)
    assert embedder.texts == 300


async def test_a_cache_that_cannot_be_written_is_said(embedder, tmp_path):
    (tmp_path / "vectors").write_text("a file where the folder should be")
    with pytest.raises(Misconfigured, match="cannot be written"):
        await stored(embedder, tmp_path, TEXTS)
