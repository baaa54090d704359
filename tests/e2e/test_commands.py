import json
import shutil
import signal
import sys

import httpx
import pytest

from samspil.sample import sample_needs, sample_profiles, sample_scenario, sample_truth
from samspil_schemas import CapabilityStatement
from tests.e2e.processes import Place
from tests.factories import a_profile


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "data")


def write_jsonl(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def some_rows(needs=6, profiles=12):
    return [
        {"supplier_id": row.supplier_id, "profile": row.profile.model_dump(mode="json")} for row in sample_profiles()[:profiles]
    ] + [{"need_id": row.need_id, "statement": row.statement.model_dump(mode="json")} for row in sample_needs()[:needs]]


def an_answer_to(statement):
    """A profile whose one capability says what the need says, so that it must be the best match."""
    capability = CapabilityStatement(id="c1", text=statement.description, language=statement.language)
    profile = a_profile(name="Answer Sample", capabilities=(capability,))
    return {"supplier_id": "supplier-answer", "profile": profile.model_dump(mode="json")}


def test_an_import_is_followed_to_its_end_without_anything_running(place, tmp_path):
    file = write_jsonl(tmp_path / "rows.jsonl", some_rows())
    done = place.run("import", str(file))
    assert done.returncode == 0, done.stderr
    ledger = place.json("ledger")
    assert (ledger["accounted"], ledger["total"]) == (6, 6)
    assert {row["status"] for row in ledger["needs"]} == {"matched"}
    again = place.json("import", str(file))
    assert (again["unchanged"], again["needs"]) == (18, 0)


def test_what_is_wrong_in_a_file_is_said_and_the_rest_is_taken(place, tmp_path):
    rows = some_rows(needs=2, profiles=1)
    file = write_jsonl(tmp_path / "rows.jsonl", rows)
    with file.open("a", encoding="utf-8") as more:
        more.write('{"need_id": "x", "statement": {}}\nnot json\n')
    done = place.run("import", str(file), "--no-wait")
    assert done.returncode == 1
    assert "rows.jsonl:4" in done.stdout
    assert "rows.jsonl:5" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_dry_run_writes_nothing(place, tmp_path):
    file = write_jsonl(tmp_path / "rows.jsonl", some_rows())
    assert place.json("import", str(file), "--dry-run")["taken"] == 18
    assert not place.path.exists()


def test_nothing_usable_is_exit_code_2(place, tmp_path):
    assert place.run("import", str(tmp_path / "absent.xml")).returncode == 2


def test_commands_find_the_instance_that_runs(place, tmp_path):
    with place.up():
        need = sample_needs()[0]
        imported = place.json("import", str(write_jsonl(tmp_path / "rows.jsonl", [*some_rows(), an_answer_to(need.statement)])))
        assert imported["refusals"] == 0
        place.wait_for(lambda: all(lag["lag"] == 0 for lag in place.json("topics")["lags"]))
        topics = place.json("topics")
        assert (topics["topics"]["samspil.needs.v1"], topics["topics"]["samspil.suppliers.v1"]) == (6, 13)
        assert {lag["group"] for lag in topics["lags"] if lag["topic"] == "samspil.needs.v1"} >= {"matching", "registry"}
        assert all(lag["end"] == topics["topics"][lag["topic"]] for lag in topics["lags"])
        found = place.json("match", need.statement.description, "--language", need.statement.language)
        assert found["matches"][0]["supplier_id"] == "supplier-answer"
        assert found["similar"][0]["other_need_id"] == need.need_id
        assert (
            place.json("similar", need.statement.description, "--language", need.statement.language)["similar"]
            == found["similar"]
        )
        together = place.json("teams", need.statement.description, "--language", need.statement.language)
        assert together["wishes"]
        assert bool(together["teams"]) is not bool(together["why_none"])
        assert place.json("doctor")["ok"]
        second = place.run("up")
        assert second.returncode == 3
        assert "Another Samspil runs" in second.stderr


def test_a_signal_while_the_sample_loads_stops_at_once(place):
    with place.up("--sample") as process:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert place.json("ledger")["accounted"] < len(sample_needs())


def test_a_demo_that_is_interrupted_leaves_nothing(place, tmp_path):
    place.env["TMPDIR"] = str(tmp_path)
    with place.start("demo") as process:
        place.wait_for(lambda: list(tmp_path.glob("samspil-demo-*/runtime.json")) or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in out + err
    assert not list(tmp_path.glob("samspil-demo-*"))


def test_a_demo_that_fails_keeps_its_log_and_says_where(place, tmp_path):
    place.env |= {"TMPDIR": str(tmp_path), "SAMSPIL_MODEL": str(tmp_path / "no-model")}
    done = place.run("demo")
    assert done.returncode == 3
    (kept,) = tmp_path.glob("samspil-demo-*")
    assert f"kept in {kept}." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("ledger",), 0),
        (("ledger", "need-1"), 2),
        (("feedback",), 0),
        (("topics",), 3),
        (("match", "We want to find leaks.", "--language", "en"), 0),
        (("teams", "We want to find leaks.", "--language", "en"), 0),
        (("token", "list"), 0),
        (("doctor",), 0),
    ],
)
def test_a_command_that_only_looks_makes_nothing(place, arguments, code):
    assert place.run(*arguments).returncode == code
    assert list(place.path.parent.iterdir()) == []


def test_the_ledger_answers_for_the_rows_that_are_asked_for(place, tmp_path):
    assert place.run("import", str(write_jsonl(tmp_path / "rows.jsonl", some_rows(needs=3))), "--no-wait").returncode == 0
    one = sample_needs()[0].need_id
    assert place.run("ledger").returncode == 1
    pending = place.json("ledger", one)
    assert (pending["total"], pending["summary"]) == (1, {"pending": 1})
    shown = place.run("ledger", "--status", "pending", "--limit", "2")
    assert shown.returncode == 1
    assert "The newest 2 of 3" in shown.stdout
    none = place.run("ledger", "--status", "dead_lettered")
    assert (none.returncode, none.stdout.strip()) == (0, "Nothing in the ledger is dead lettered.")
    absent = place.run("ledger", "nope", "--json")
    assert absent.returncode == 2
    assert json.loads(absent.stdout)["needs"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--language", "klingon"), "--language da"),
        (("--language", "en", "--cpv", "123"), "--cpv 90480000"),
        (("--language", "en", "--region", "dk 1"), "--region DK031"),
        (("--language", "en", "--limit", "51"), "less than or equal to 50"),
    ],
)
def test_a_wrong_option_of_match_is_named_with_an_example(place, arguments, said):
    done = place.run("match", "We want to find leaks.", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert arguments[-2] in done.stderr
    assert "docs/settings.md" not in done.stderr


def test_a_text_that_is_too_long_is_told_how_long_it_may_be(place):
    done = place.run("match", "leak " * 5000, "--language", "en")
    assert done.returncode == 2
    assert "at most 20000 characters" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("topics",), 3, "samspil up"),
        (("ledger", "no-such-need"), 2, "has no need"),
        (("match", "  "), 2, "empty"),
        (("serve", "nothing"), 2, "no service"),
        (("token", "revoke", "nothing"), 2, "no token"),
        (("token", "revoke", "\udcff"), 2, "no token"),
        (("token", "issue", "a[/]b", "buyer"), 3, "“a[/]b” is no id"),
        (("ledger", "a\udcff[/]"), 2, "has no need a\ufffd[/]"),
    ],
)
def test_errors_are_one_sentence_of_what_and_one_of_what_to_do(place, arguments, code, said):
    done = place.run(*arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "darwin", reason="its file system takes no such name")
def test_a_file_whose_name_is_no_text_is_named_as_well_as_it_can_be(place, tmp_path):
    file = write_jsonl(tmp_path / "rows\udcff[red].jsonl", [{"need_id": "x"}])
    done = place.run("import", str(file), "--dry-run")
    assert "rows\ufffd[red].jsonl:1" in done.stdout
    assert place.json("import", str(file), "--dry-run")["refused"][0]["path"].endswith("rows\ufffd[red].jsonl")


def test_a_wrong_setting_is_named(place):
    place.env["SAMSPIL_KAFKA_URL"] = "amqp://x"
    done = place.run("ledger")
    assert done.returncode == 3
    assert "SAMSPIL_KAFKA_URL" in done.stderr


def test_the_token_of_an_instance_that_was_killed_ends_with_the_next_start(place):
    with place.up() as process:
        place.kill(process)
    with place.up():
        runtime = [token for token in place.json("token", "list")["tokens"] if token["label"] == "runtime"]
        assert [token["revoked_at"] is None for token in runtime] == [True, False]


def test_the_web_is_told_whom_to_trust_and_whether_its_metrics_are_open(place):
    place.env |= {"SAMSPIL_METRICS_OPEN": "true", "SAMSPIL_TRUSTED_PROXIES": "127.0.0.1"}
    with place.up(), httpx.Client(base_url=place.runtime()["web"], trust_env=False) as web:
        assert web.get("/metrics").status_code == 200
        guess = {"Authorization": "Bearer guess"}
        answers = [web.get("/v1/me", headers={**guess, "X-Forwarded-For": f"198.51.100.{number}"}) for number in range(25)]
        assert {answer.status_code for answer in answers} == {401}


def test_tokens_are_listed_without_their_secret(place):
    issued = place.json("token", "issue", "sample-buyer-northby", "buyer", "--label", "portal")
    listed = place.json("token", "list")["tokens"]
    assert [(token["token_id"], token["organisation"], token["role"], token["label"]) for token in listed] == [
        (issued["token_id"], "sample-buyer-northby", "buyer", "portal")
    ]
    shown = place.run("token", "list").stdout
    assert issued["token_id"] in shown
    assert issued["token"].split("_", 2)[2] not in shown + json.dumps(listed)


def test_an_organisation_that_is_no_id_gets_no_token_and_is_told_what_an_id_is(place):
    done = place.run("token", "issue", "Ops Team", "operator")
    assert done.returncode == 3
    assert "“Ops Team” is no id" in done.stderr
    assert "ops-team" in done.stderr


def test_a_token_is_shown_once_and_can_be_ended(place):
    issued = place.json("token", "issue", "sample-buyer-northby", "buyer")
    assert issued["token"].startswith("sams_")
    assert place.json("token", "revoke", issued["token_id"])["revoked"]
    assert place.run("token", "revoke", issued["token_id"]).returncode == 2


def test_an_index_that_was_lost_is_filled_again_from_the_record(place, tmp_path):
    need = sample_needs()[0].statement
    ask = ("match", f"{need.title}. {need.description}", "--language", need.language)
    assert place.run("import", str(write_jsonl(tmp_path / "rows.jsonl", some_rows()))).returncode == 0
    found = place.json(*ask)
    assert found["matches"] or found["similar"]
    shutil.rmtree(place.path / "index")
    with place.up():
        place.wait_for(lambda: place.json(*ask) == found)


def test_codes_are_suggested_with_and_without_a_running_instance(place):
    need = "Vi vil finde lækager i vandledninger uden at grave."
    alone = place.json("suggest-cpv", need, "--limit", "3")
    assert (alone["language"], len(alone["codes"])) == ("da", 3)
    with place.up():
        assert place.json("suggest-cpv", need, "--limit", "3") == alone
    shown = place.run("suggest-cpv", need)
    assert alone["codes"][0]["code"] in shown.stdout
    assert place.run("suggest-cpv", " ").returncode == 2


def test_a_joint_need_is_matched_and_its_suppliers_and_members_see_it_grow(place, tmp_path):
    mine, *rest = sample_needs()
    other = next(row for row in rest if row.statement.buyer.id != mine.statement.buyer.id)
    rows = [{"need_id": row.need_id, "statement": row.statement.model_dump(mode="json")} for row in (mine, other)]
    tokens = {row.need_id: place.json("token", "issue", row.statement.buyer.id, "buyer")["token"] for row in (mine, other)}
    supplier = place.json("token", "issue", "supplier-answer", "supplier")["token"]
    with place.up():
        place.json("import", str(write_jsonl(tmp_path / "rows.jsonl", [*rows, an_answer_to(mine.statement)])))
        place.env["SAMSPIL_API_TOKEN"] = tokens[mine.need_id]
        joint = place.json("joint", "propose", mine.need_id, "--volume", "1,200 units", "--horizon", "2028-01-01")["id"]
        place.wait_for(lambda: [row["status"] for row in place.json("ledger", joint)["needs"]] == ["matched"])
        place.env["SAMSPIL_API_TOKEN"] = tokens[other.need_id]
        intent = ("--rung", "intent_signer", "--undertaking", "We ask the same.")
        intent += ("--volume", "3,000 units", "--horizon", "2027-01-01")
        assert place.json("joint", "join", joint, "--need", other.need_id, *intent)["changed"]
        place.wait_for(lambda: [row["status"] for row in place.json("ledger", joint)["needs"]] == ["matched", "matched"])
        with httpx.Client(base_url=place.runtime()["web"], headers={"Authorization": f"Bearer {supplier}"}) as client:
            matched = client.get("/v1/suppliers/supplier-answer/matches").json()["items"]
            assert joint in {match["need_id"] for match in matched}
            assert client.get(f"/v1/joint-needs/{joint}").json()["summary"] == "1 body intends: 3,000 units by 2027"
            assert client.get(f"/v1/joint-needs/{joint}/history").status_code == 403
        told = place.json("topics")["topics"]
        assert told["samspil.joint-needs.v1"] >= 2
        with httpx.Client(base_url=place.runtime()["web"]) as client:
            client.headers["Authorization"] = f"Bearer {tokens[other.need_id]}"
            a_body_buys_what_it_declared(place, client, f"/v1/joint-needs/{joint}", mine=mine.statement, other=other.statement)
        assert place.json("joint", "export", joint, "--to", str(tmp_path / "joint.json"))["digest"]
    assert place.run("joint", "verify", str(tmp_path / "joint.json")).returncode == 0


def test_a_demo_folds_what_it_finds_and_accounts_for_all_of_it(place):
    # Hashed words say little across languages, where all of the planted groups lie: a low threshold makes finds of some kind.
    place.env["SAMSPIL_SIMILAR_THRESHOLD"] = "0.02"
    done = place.run("demo", "--json", timeout=280)
    assert done.returncode == 0, done.stderr
    came = json.loads(done.stdout)
    assert came["complete"]
    assert came["needs"] == len(sample_needs())
    assert came["accounted"] > came["needs"], "the joint texts are matched, too"
    assert len(came["folding"]["whole"]) + len(came["folding"]["torn"]) == len(sample_truth().shared)
    members = [member for one in came["joint_needs"] for member in one["changed"]["members"]]
    assert len(members) >= 2 * len(came["joint_needs"]) > 0
    scenario = sample_scenario()
    assert all(member["rung"] == scenario[member["need_id"]].rung for member in members)


def a_body_buys_what_it_declared(place, client, address, *, mine, other):
    """One of its needs says what it follows, the other asks for the same in the same words."""
    bought = {"buyer": other.buyer, "source": None}
    refers = other.model_copy(update={**bought, "follows": (address.rpartition("/")[2],)})
    for need_id, tender in (("tender-refers", refers), ("tender-alike", mine.model_copy(update=bought))):
        assert client.put(f"/v1/needs/{need_id}", json=tender.model_dump(mode="json")).is_success

    def follow_ups():
        return client.get(f"{address}/follow-ups").json()

    place.wait_for(lambda: follow_ups()["sentence"] == "1 of 1 that signed intent has followed up")
    place.wait_for(lambda: [one["need_id"] for one in follow_ups()["suggestions"]] == ["tender-alike"])
    assert client.put(f"{address}/members/{other.buyer.id}/follow-ups/tender-alike").json()["changed"]
    found = {one["need_id"]: one["basis"] for one in follow_ups()["bodies"][0]["follow_ups"]}
    assert found == {"tender-refers": "reference", "tender-alike": "text"}
