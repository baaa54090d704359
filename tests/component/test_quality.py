"""The bench from a folder to its figures, with the embedder that hashes words."""

import json

import pytest

from bench.quality import product
from bench.quality.__main__ import main
from bench.quality.built import CROSS_LANGUAGE, build_cross_language, build_similar_needs
from bench.quality.rows import read_set
from tests.unit.quality_sets import a_row, a_set

QUERIES = [
    a_row("q1", "Find leaks in drinking water pipes", cpv="65111000"),
    a_row("q2", "Meals for schools, cooked on the spot", cpv="55524000"),
    a_row("q3", "Clear snow from roads at night", cpv="90620000"),
]
SUPPLIERS = [
    a_row("s1", "Earlier contracts: Listening for leaks in water pipes | Repair of pipes", cpv=["65111000"], n_awards=2),
    a_row("s2", "Earlier contracts: School meals", cpv=["55524000"], n_awards=1),
    a_row("s3", "Earlier contracts: Snow clearing on roads | Gritting of roads | Mowing", cpv=["90620000"], n_awards=3),
    a_row("s4", "Earlier contracts: Audit of accounts", cpv=[], n_awards=1),
]
QRELS = [("q1", "s1", 1), ("q2", "s2", 1), ("q3", "s3", 1)]
SYSTEMS = {"samspil", "bm25", "dense", "cpv", "popular"}
METRICS = {"ndcg@10", "hit@1", "hit@10", "precision@10", "recall@20", "mrr", "coverage", "long-tail"}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMSPIL_CACHE_DIR", str(tmp_path / "cache"))


def measured(tmp_path):
    out = tmp_path / "figures" / "out.json"
    assert main(["--data", str(tmp_path / "sets"), "--out", str(out), "--model", "hashing:256"]) == 0
    return json.loads(out.read_text(encoding="utf-8"))


def test_every_system_is_measured_on_every_set(tmp_path):
    a_set(tmp_path / "sets" / "awards", queries=QUERIES, docs=SUPPLIERS, qrels=QRELS)
    figures = measured(tmp_path)
    assert figures.keys() == {f"awards/{system}/{metric}" for system in SYSTEMS for metric in METRICS} | {
        f"awards/samspil/{metric}" for metric in ("ece", "told-precision", "told-recall")
    }
    assert {figures[f"awards/{system}/hit@1"] for system in SYSTEMS - {"popular"}} == {1.0}
    assert figures["awards/popular/hit@1"] == pytest.approx(1 / 3, abs=1e-4)
    assert 0 <= figures["awards/samspil/ece"] <= 1
    assert measured(tmp_path) == figures


def test_similar_needs_are_sought_without_the_querys_own_document(tmp_path):
    docs = [*QUERIES, a_row("d4", "Leaks in the pipes of drinking water"), a_row("d5", "Roads without snow at night")]
    qrels = [("q1", "d4", 1), ("q3", "d5", 1)]
    a_set(tmp_path / "sets" / "alike-cpvproxy", queries=QUERIES, docs=docs, qrels=qrels, file="docs.jsonl")
    figures = measured(tmp_path)
    assert figures["alike-cpvproxy/samspil/hit@1"] == figures["alike-cpvproxy/dense/hit@1"] == 1
    assert figures["alike-cpvproxy/cpv/hit@10"] == 0


def test_no_code_reaches_a_system_where_codes_made_the_answers(tmp_path):
    folder = a_set(tmp_path / "sets" / "awards-cpvproxy", queries=QUERIES, docs=SUPPLIERS, qrels=QRELS)
    sides = product.sides_of(read_set(folder))
    assert {need.cpv for need in sides.queries} == {()}
    assert {capability.cpv for supplier in sides.suppliers for capability in supplier} == {()}
    assert measured(tmp_path)["awards-cpvproxy/cpv/hit@10"] == 0


def test_what_cannot_be_read_is_one_sentence_and_an_exit_status(tmp_path, capsys):
    folder = a_set(tmp_path / "sets" / "awards", queries=QUERIES, docs=SUPPLIERS, qrels=QRELS)
    (folder / "suppliers.jsonl").write_text("{\n", encoding="utf-8")
    assert main(["--data", str(tmp_path / "sets"), "--model", "hashing:256"]) == 1
    assert "suppliers.jsonl:1: it is no JSON" in capsys.readouterr().out.replace("\n", "")
    assert main(["--data", str(tmp_path / "nowhere")]) == 1
    (tmp_path / "empty").mkdir()
    assert main(["--data", str(tmp_path / "empty")]) == 1


def test_the_set_across_languages_is_built_from_its_table(tmp_path):
    table = tmp_path / "table.tsv"
    header = "need_language\tneed\tanswer_language\tanswer\tnear_miss_language\tnear_miss\n"
    table.write_text(f"{header}da\tFind lækager\tde\tLecks finden\tda\tVi renser kloakker\n", encoding="utf-8")
    read = read_set(build_cross_language(table, into=tmp_path))
    assert read.name == CROSS_LANGUAGE
    [(doc, grade)] = read.relevance["need-00"].items()
    assert [(row.text, row.lang) for row in read.docs if row.id == doc] == [("Lecks finden", "de")]
    assert (grade, len(read.docs)) == (1, 2)


def test_a_similar_need_is_of_another_buyer_in_another_language_with_the_same_full_code(tmp_path):
    def notice(id_, lang, buyer, cpv, **more):
        return {"id": id_, "title": id_, "text": id_, "lang": lang, "buyer": buyer, "cpv": cpv, "date": "2020-01-01"} | more

    rows = {
        "notices_ted_dev": [
            notice("fr", "fr", "Ville", "90620000", country="FR"),
            notice("fr-2", "fr", "Autre ville", "90620000", country="FR"),
            notice("de-own", "de", "Ville", "90620000", country="DE"),
            notice("de-group", "de", "Stadt", "90600000", country="DE"),
        ],
        "notices_no_doffin2020_dev": [notice("no", "no", "Kommune", "90620000"), notice("no-group", "no", "By", "90600000")],
        "notices_no_doffin_eforms_2022_2024": [notice("nb", "NOB", "Fylke", "90620000")],
        "notices_en_uk_open_2025": [notice("en", "en", "Council", ["45000000"]), notice("none", "en", "Council", [])],
    }
    assert build_similar_needs(tmp_path, into=tmp_path) is None
    for name, notices in rows.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in notices), encoding="utf-8")
    read = read_set(build_similar_needs(tmp_path, into=tmp_path))
    assert {query: set(found) for query, found in read.relevance.items()} == {
        "fr": {"no", "nb"},
        "fr-2": {"de-own", "no", "nb"},
        "de-own": {"fr-2", "no", "nb"},
        "no": {"fr", "fr-2", "de-own"},
        "nb": {"fr", "fr-2", "de-own"},
    }
    assert len(read.docs) == 8
