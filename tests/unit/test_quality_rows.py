import pytest

from bench.quality.rows import BrokenSet, read_set, read_sets
from tests.unit.quality_sets import a_row, a_set

QUERIES = [a_row("q1", "Leaks in pipes", cpv="90490000-8", buyer="Northby"), a_row("q2", "School meals", lang="DA")]
SUPPLIERS = [a_row("s1", "We find leaks", cpv=["90490000", "38000000"], name="Listen Ltd", n_awards=3), a_row("s2", "Meals")]
QRELS = [("q1", "s1", 1), ("q2", "s2", 2), ("q2", "s1", 0)]


def test_a_set_is_read_whole(tmp_path):
    read = read_set(a_set(tmp_path / "small", queries=QUERIES, docs=SUPPLIERS, qrels=QRELS))
    assert [query.id for query in read.queries] == ["q1", "q2"]
    assert read.queries[0].cpv == ("90490000",)
    assert read.queries[1].lang == "da"
    assert read.docs[0].cpv == ("90490000", "38000000")
    assert read.relevance == {"q1": {"s1": 1}, "q2": {"s2": 2}}
    assert not read.similar


def test_names_and_buyers_are_never_read(tmp_path):
    read = read_set(a_set(tmp_path / "small", queries=QUERIES, docs=SUPPLIERS, qrels=QRELS))
    for row in (*read.queries, *read.docs):
        assert not {"Northby", "Listen Ltd"}.intersection(row.model_dump().values())


def test_no_code_is_read_where_the_right_answers_were_made_from_codes(tmp_path):
    read = read_set(a_set(tmp_path / "small-cpvproxy", queries=QUERIES, docs=SUPPLIERS, qrels=QRELS))
    assert {row.cpv for row in (*read.queries, *read.docs)} == {()}


def test_a_query_without_a_right_answer_is_left_out_and_said_so(tmp_path):
    read = read_set(a_set(tmp_path / "small", queries=QUERIES, docs=SUPPLIERS, qrels=[("q1", "s1", 1), ("q2", "gone", 1)]))
    assert [query.id for query in read.queries] == ["q1"]
    assert read.left_out == ("1 judgements of texts that are not in the set", "1 queries without a right answer")


def test_a_query_of_similar_needs_does_not_count_its_own_document(tmp_path):
    docs = [a_row("q1", "Leaks in pipes"), a_row("d2", "Lecks finden", lang="de"), a_row("d3", "Meals", source_id="q2")]
    qrels = [("q1", "q1", 1), ("q1", "d2", 1), ("q2", "d3", 1)]
    read = read_set(a_set(tmp_path / "alike", queries=QUERIES, docs=docs, qrels=qrels, file="docs.jsonl"))
    assert read.similar
    assert [read.own(query) for query in read.queries] == ["q1"]
    assert read.relevance == {"q1": {"d2": 1}}


def test_only_subfolders_with_queries_are_sets(tmp_path):
    a_set(tmp_path / "b", queries=QUERIES, docs=SUPPLIERS, qrels=QRELS)
    a_set(tmp_path / "a", queries=QUERIES, docs=SUPPLIERS, qrels=QRELS)
    (tmp_path / "else").mkdir()
    assert [read.name for read in read_sets(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "it is no JSON"),
        ("[]", "the row"),
        ('{"text": "Leaks"}', "id: Field required"),
        ('{"id": "s2", "title": null, "text": null}', "s2 has neither a title nor a text"),
        ('{"id": "s1", "text": "again"}', "the id s1 stands twice"),
    ],
)
def test_a_broken_row_is_named_with_file_and_line(tmp_path, line, complaint):
    folder = a_set(tmp_path / "broken", queries=QUERIES, docs=SUPPLIERS[:1], qrels=QRELS)
    with (folder / "suppliers.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(BrokenSet) as raised:
        read_set(folder)
    assert f"suppliers.jsonl:3: {complaint}" in str(raised.value)


@pytest.mark.parametrize("line", ["q1\ts1", "q1\ts1\tyes", "q1 s1 1"])
def test_a_broken_judgement_is_named_with_file_and_line(tmp_path, line):
    folder = a_set(tmp_path / "broken", queries=QUERIES, docs=SUPPLIERS, qrels=QRELS)
    (folder / "qrels.tsv").write_text(f"query\tsupplier\trelevance\n{line}\n", encoding="utf-8")
    with pytest.raises(BrokenSet, match=r"qrels\.tsv:2: write query, supplier and a whole number"):
        read_set(folder)


def test_a_file_that_is_not_there_is_named(tmp_path):
    folder = a_set(tmp_path / "broken", queries=QUERIES, docs=SUPPLIERS, qrels=QRELS)
    (folder / "qrels.tsv").unlink()
    with pytest.raises(BrokenSet, match=r"qrels\.tsv: it cannot be read"):
        read_set(folder)
