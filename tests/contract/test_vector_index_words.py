"""Every adapter finds words alike: in their language, by their stems, weighed by how rare they are there."""

from collections.abc import AsyncIterator
from math import log

import pytest

from samspil.adapters.vectors.bm25 import words_of_query, words_of_text
from samspil.adapters.vectors.layout import AVERAGE_WORDS
from samspil.ports import Entity, VectorIndex, Where
from tests.contract.vector_indexes import ADAPTERS, a_point, a_vector, a_withdrawal, an_entry, found, hits_of, opened

SUPPLIERS = Entity.SUPPLIERS

# What stands in a text, and another form of the word that a person would search by.
FORMS = [
    ("sv", "Vi hittar läckor i vattenledningar", "läcka"),
    ("da", "Vi finder lækager i vandledninger", "lækage"),
    ("nb", "Vi finner lekkasjer i vannledninger", "lekkasje"),
    ("nn", "Vi tettar hol i leidningane", "leidning"),
    ("fi", "Korjaamme vuodot putkissa", "putki"),
    ("en", "We find leaks in water pipes", "leak"),
    ("de", "Wir finden Leckagen in Rohren", "Leckage"),
    ("nl", "Wij vinden lekken in leidingen", "leiding"),
    ("fr", "Nous trouvons les fuites des conduites", "fuite"),
    ("es", "Encontramos fugas en tuberías", "fuga"),
]


@pytest.fixture(params=ADAPTERS)
async def index(request: pytest.FixtureRequest) -> AsyncIterator[VectorIndex]:
    async with opened(request.param) as index:
        yield index


async def test_a_word_is_found_by_another_of_its_forms(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry(language, 1, a_point(language=language, text=text)) for language, text, _ in FORMS])
    answers = {language: await found(index, words=form, where=Where(language=language)) for language, _, form in FORMS}
    assert answers == {language: [(language, "c1")] for language, _, _ in FORMS}


async def test_words_are_found_in_their_own_language_only(index: VectorIndex) -> None:
    await index.put(
        SUPPLIERS, [an_entry(code, 1, a_point(text="system radar", language=code)) for code in ("sv", "da", "en", "pl")]
    )
    assert await found(index, words="radar", where=Where(language="da")) == [("da", "c1")]
    assert await found(index, words="radar", where=Where(language="fi")) == []


async def test_norwegian_is_one_language_in_both_its_forms(index: VectorIndex) -> None:
    await index.put(
        SUPPLIERS, [an_entry(code, 1, a_point(text="lekkasje i rør", language=code)) for code in ("nb", "nn", "no", "da")]
    )
    for code in ("nb", "nn", "no"):
        assert await found(index, words="lekkasjer", where=Where(language=code)) == [("nb", "c1"), ("nn", "c1"), ("no", "c1")]


async def test_a_language_without_a_stemmer_is_found_by_the_word_as_it_stands(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point(text="Znajdujemy wycieki w rurach", language="pl"))])
    assert await found(index, words="WYCIEKI", where=Where(language="pl")) == [("s-1", "c1")]
    assert await found(index, words="wyciek", where=Where(language="pl")) == []


async def test_stop_words_alone_find_nothing(index: VectorIndex) -> None:
    await index.put(
        SUPPLIERS, [an_entry("s-1", 1, a_point(text="och i att det", language="sv"), a_point("c2", text="", language="sv"))]
    )
    assert await found(index, words="och", where=Where(language="sv")) == []
    assert await found(index, words="", where=Where(language="sv")) == []
    assert len(await found(index)) == 2


async def test_a_letter_and_its_accent_are_one_word_however_written(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point(text="vi hittar la\u0308ckor", language="sv"))])
    assert await found(index, words="läckor", where=Where(language="sv")) == [("s-1", "c1")]


async def test_case_and_punctuation_do_not_matter(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point(text="(LÄCKOR); CO2-utsläpp!", language="sv"))])
    assert await found(index, words="läckor?", where=Where(language="sv")) == [("s-1", "c1")]
    assert await found(index, words="co2", where=Where(language="sv")) == [("s-1", "c1")]


async def test_a_rare_word_weighs_more_than_a_common_one(index: VectorIndex) -> None:
    common = [an_entry(f"s-{n}", 1, a_point(text="vatten pump")) for n in range(8)]
    await index.put(SUPPLIERS, [*common, an_entry("rare", 1, a_point(text="radar pump"))])
    assert (await found(index, words="vatten radar", where=Where(language="en"), limit=1)) == [("rare", "c1")]


async def test_scores_are_bm25_with_the_rarity_of_open_points_of_the_language(index: VectorIndex) -> None:
    texts = ["water pump", "water water leak", "pump", "leak radar water pump sensors", "the of"]
    await index.put(SUPPLIERS, [an_entry(f"s-{n}", 1, a_point(text=text)) for n, text in enumerate(texts)])
    # None of these may count: another language, a withdrawn owner, a statement that was dropped.
    await index.put(SUPPLIERS, [an_entry(f"da-{n}", 1, a_point(text="water radar", language="da")) for n in range(5)])
    await index.put(SUPPLIERS, [an_entry("gone", 1, a_point(text="water radar")), an_entry("less", 1, a_point(text="radar"))])
    await index.put(SUPPLIERS, [a_withdrawal("gone", 1), an_entry("less", 2, a_point("c2", text="of the"))])

    documents = [words_of_text(text, language="en", average_length=AVERAGE_WORDS[SUPPLIERS]) for text in texts[:4]]
    expected = {}
    for n, document in enumerate(documents):
        weights = dict(zip(document.tokens, document.weights, strict=True))
        terms = [token for token in words_of_query("water radar", language="en").tokens if token in weights]
        frequencies = {token: sum(token in other.tokens for other in documents) for token in terms}
        rarity = {token: log(1 + (len(documents) - df + 0.5) / (df + 0.5)) for token, df in frequencies.items()}
        if terms:
            expected[f"s-{n}"] = sum(rarity[token] * weights[token] for token in terms)
    hits = await hits_of(index, words="water radar", where=Where(language="en"))
    assert {hit.owner_id: hit.score for hit in hits} == pytest.approx(expected, abs=1e-5)


async def test_filters_hold_for_words_too(index: VectorIndex) -> None:
    await index.put(
        SUPPLIERS,
        [
            an_entry("s-1", 1, a_point(text="water", regions=("DK",), cpv=("45233100",), buyer_id="b-1")),
            an_entry("s-2", 1, a_point(text="water", regions=("SE",), cpv=("90000000",))),
        ],
    )
    assert await found(index, words="water", where=Where(language="en", regions=("DK0",))) == [("s-1", "c1")]
    assert await found(index, words="water", where=Where(language="en", cpv=("90000000",))) == [("s-2", "c1")]
    assert await found(index, words="water", where=Where(language="en", without_buyers=("b-1",))) == [("s-2", "c1")]
    assert await found(index, words="water", where=Where(language="en", without_owners=("s-1", "s-2"))) == []


async def test_a_hit_by_words_brings_its_vector(index: VectorIndex) -> None:
    await index.put(SUPPLIERS, [an_entry("s-1", 1, a_point(text="water", vector=a_vector(0, 0, 1, 0)))])
    [hit] = await hits_of(index, words="water", where=Where(language="en"))
    assert hit.vector.tolist() == [0, 0, 1, 0]
