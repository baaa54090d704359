"""The sample is what people see first, and what the other tests stand on."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from itertools import combinations, pairwise
from typing import Any

import pytest

from samspil.domain.pairs import eligible
from samspil.matching.sides import capability_sides, need_side
from samspil.reference import cpv, nuts
from samspil.sample import SampleNeed, SampleProfile, SampleTruth, sample_needs, sample_profiles, sample_scenario, sample_truth
from samspil_schemas import DialogueKind, InvitationPolicy, NeedPublished, NeedStatement, ProfilePublished, Rung, Stage

LANGUAGES = {"da", "nb", "nn", "sv", "fi", "en", "de"}
WINTER_OFFSET = {"DK": 1, "NO": 1, "SE": 1, "DE": 1, "FI": 2, "IE": 0}
SUMMER_TIME_2027 = (date(2027, 3, 28), date(2027, 10, 31))
SATURDAY = 5
FICTITIOUS = re.compile(r"sample|eksempel|exempel|esimerk|beispiel", re.IGNORECASE)
EMAIL = re.compile(r"@|\[at\]|\(at\)", re.IGNORECASE)
PHONE = re.compile(r"\+\d{2,}|\b(tel|tlf|telefon|phone|puh)\b\.?:?\s*\d|\d{8,}|\b\d{2}([ -]\d{2}){3}\b", re.IGNORECASE)
NOT_FOR_READING = {
    "need_id",
    "supplier_id",
    "id",
    "buyers",
    "excluded_suppliers",
    "cpv",
    "regions",
    "country",
    "language",
    "languages",
    "kind",
    "starts_at",
    "ends_at",
    "registration_deadline",
    "answer_deadline",
    "horizon",
    "valid_until",
    "stage",
    "size",
    "invitations",
}
URL = re.compile(r"https?://([^/\s]+)")


@cache
def needs() -> dict[str, SampleNeed]:
    return {need.need_id: need for need in sample_needs()}


@cache
def profiles() -> dict[str, SampleProfile]:
    return {profile.supplier_id: profile for profile in sample_profiles()}


@cache
def truth() -> SampleTruth:
    return sample_truth()


def statements() -> list[NeedStatement]:
    return [need.statement for need in needs().values()]


def rows(name: str) -> list[dict[str, Any]]:
    lines = files("samspil.sample").joinpath(name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def texts(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every string in it, with the name of its field."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, key)
    elif isinstance(value, str):
        yield key, value


def people_texts() -> list[str]:
    both = [*rows("needs.jsonl"), *rows("suppliers.jsonl")]
    return [text for row in both for key, text in texts(row) if key not in NOT_FOR_READING]


def shingles(text: str, *, words: int = 3) -> set[tuple[str, ...]]:
    found = re.findall(r"\w+", text.casefold())
    return {tuple(found[start : start + words]) for start in range(len(found) - words + 1)}


def timestamps(statement: NeedStatement) -> list[datetime]:
    dialogue = statement.dialogue
    announced = (dialogue.starts_at, dialogue.ends_at, dialogue.registration_deadline) if dialogue else ()
    return [moment for moment in (statement.answer_deadline, *announced) if moment]


def may_be_told(need_id: str, supplier_id: str) -> bool:
    need = need_side(NeedPublished(need_id=need_id, version=1, statement=needs()[need_id].statement))
    published = ProfilePublished(supplier_id=supplier_id, version=1, profile=profiles()[supplier_id].profile)
    return all(eligible(need, capability) for capability in capability_sides(published))


def test_the_sample_is_as_large_as_promised() -> None:
    assert len(needs()) >= 66
    assert len(profiles()) >= 160
    assert all(2 <= len(profile.profile.capabilities) <= 4 for profile in profiles().values())


def test_every_line_says_only_what_the_contract_knows() -> None:
    said = [row["statement"] for row in rows("needs.jsonl")] + [row["profile"] for row in rows("suppliers.jsonl")]
    kept = [need.statement for need in sample_needs()] + [one.profile for one in sample_profiles()]
    for one, model in zip(said, kept, strict=True):
        known = model.model_dump(mode="json", exclude_unset=True)
        assert Counter(name for name, _ in texts(one)) == Counter(name for name, _ in texts(known))


def test_ids_are_unique_and_say_that_they_are_samples() -> None:
    for kind, ids in (
        ("need", [row["need_id"] for row in rows("needs.jsonl")]),
        ("supplier", [row["supplier_id"] for row in rows("suppliers.jsonl")]),
    ):
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(rf"sample-{kind}-[a-z0-9]+(-[a-z0-9]+)*", one) for one in ids)
    assert all(re.fullmatch(r"sample-buyer-[a-z0-9]+(-[a-z0-9]+)*", statement.buyer.id) for statement in statements())


def test_every_need_has_a_commitment_that_its_rung_allows_and_the_rungs_vary() -> None:
    scenario = sample_scenario()
    assert scenario.keys() == needs().keys()
    assert len(rows("scenario.jsonl")) == len(scenario)
    for commitment in scenario.values():
        binding = commitment.rung in (Rung.INTENT_SIGNER, Rung.FIRST_BUYER)
        said = (commitment.undertaking, commitment.volume, commitment.horizon)
        assert all(said) if binding else not any(said[1:])
    assert {commitment.rung for commitment in scenario.values()} == set(Rung)
    assert not any(EMAIL.search(text) or PHONE.search(text) for row in rows("scenario.jsonl") for _, text in texts(row))


def test_what_the_same_groups_declare_can_be_added_up() -> None:
    scenario = sample_scenario()
    for group in truth().shared:
        assert len({one.volume.unit for need_id in group if (one := scenario[need_id]).volume}) <= 1


def test_one_id_of_a_buyer_is_one_buyer() -> None:
    buyers = {(statement.buyer.id, statement.buyer.name, statement.buyer.country) for statement in statements()}
    assert len(buyers) == len({buyer_id for buyer_id, _, _ in buyers}) == len({name for _, name, _ in buyers})
    names = [profile.profile.name for profile in profiles().values()]
    assert len(names) == len(set(names))


def test_every_organisation_is_visibly_invented() -> None:
    names = [statement.buyer.name for statement in statements()] + [one.profile.name for one in profiles().values()]
    assert [name for name in names if not FICTITIOUS.search(name)] == []


def test_nobody_can_be_contacted() -> None:
    found = [text for text in people_texts() if EMAIL.search(text) or PHONE.search(text)]
    assert found == []
    hosts = {host for text in people_texts() for host in URL.findall(text)}
    assert hosts
    assert all(host.endswith("example.org") for host in hosts)


@pytest.mark.parametrize("contact", ["skriv til a@b.dk", "ring på +45 12 34 56 78", "tlf. 12345678", "12 34 56 78"])
def test_the_check_for_contacts_finds_one(contact: str) -> None:
    assert EMAIL.search(contact) or PHONE.search(contact)


def test_all_languages_carry_their_share() -> None:
    of_needs = Counter(statement.language for statement in statements())
    assert set(of_needs) == LANGUAGES
    assert all(of_needs[language] >= 8 for language in LANGUAGES - {"nn"})
    assert of_needs["nn"] >= 2
    capabilities = [capability for one in profiles().values() for capability in one.profile.capabilities]
    assert {capability.language for capability in capabilities} == LANGUAGES
    bilingual = [one for one in profiles().values() if len({c.language for c in one.profile.capabilities}) > 1]
    assert len(bilingual) >= 20


def test_many_fields_of_public_work_are_there() -> None:
    fields = {need_id.split("-")[2] for need_id in needs()}
    assert len(fields) >= 16
    assert fields >= {"water", "waste", "eldercare", "construction", "energy", "school", "hospital", "cyber", "transport"}
    divisions = {statement.cpv[0][:2] for statement in statements() if statement.cpv}
    assert len(divisions) >= 16


def test_all_codes_exist() -> None:
    for statement in statements():
        assert [code for code in statement.cpv if not cpv.exists(code)] == []
        assert [code for code in statement.regions if not nuts.exists(code)] == []
        assert all(code.startswith(statement.buyer.country) for code in statement.regions)
    for one in profiles().values():
        said = one.profile
        codes = [*said.cpv, *said.exclusions.cpv, *(code for capability in said.capabilities for code in capability.cpv)]
        assert [code for code in codes if not cpv.exists(code)] == []
        assert [code for code in (*said.regions, *said.exclusions.regions) if not nuts.exists(code)] == []


def test_a_description_tells_several_things_at_a_readable_length() -> None:
    for need in needs().values():
        description = need.statement.description
        assert 60 <= len(description.split()) <= 160, need.need_id
        assert len(re.findall(r"[.?!](\s|$)", description)) >= 5, need.need_id


def test_no_two_texts_are_nearly_equal() -> None:
    descriptions = [(need_id, shingles(need.statement.description)) for need_id, need in needs().items()]
    for (one_id, one), (other_id, other) in combinations(descriptions, 2):
        assert len(one & other) / min(len(one), len(other)) < 0.1, (one_id, other_id)
    titles = [statement.title.casefold() for statement in statements()]
    assert all(SequenceMatcher(None, one, other).ratio() < 0.8 for one, other in combinations(titles, 2))
    capabilities = [capability.text for one in profiles().values() for capability in one.profile.capabilities]
    assert len(capabilities) == len(set(capabilities))


def test_the_check_for_equal_texts_finds_a_copy_with_another_place() -> None:
    one = shingles(statements()[0].description)
    other = shingles(statements()[0].description.replace("14", "15").replace("vandet", "mælken"))
    assert len(one & other) / min(len(one), len(other)) > 0.5


def test_dialogues_of_every_kind_that_is_open_to_all_are_announced() -> None:
    dialogues = [statement.dialogue for statement in statements() if statement.dialogue]
    assert len(dialogues) >= 16
    assert {dialogue.kind for dialogue in dialogues} == set(DialogueKind) - {DialogueKind.ONE_TO_ONE}
    assert sum(dialogue.invitations is InvitationPolicy.AFTER_REVIEW for dialogue in dialogues) >= 3
    assert all(dialogue.starts_at for dialogue in dialogues if dialogue.kind is not DialogueKind.WRITTEN)
    assert {statement.stage for statement in statements()} >= {Stage.IDEA, Stage.EXPLORING, Stage.DIALOGUE, Stage.PREPARING}


def test_times_are_on_workdays_of_2027_and_right_where_the_buyer_is() -> None:
    for need_id, need in needs().items():
        for moment in timestamps(need.statement):
            summer = SUMMER_TIME_2027[0] <= moment.date() < SUMMER_TIME_2027[1]
            assert moment.year == 2027
            assert moment.weekday() < SATURDAY, (need_id, moment)
            assert moment.utcoffset() == timedelta(hours=WINTER_OFFSET[need.statement.buyer.country] + summer), need_id


def test_one_can_register_before_a_dialogue_and_answer_after_it() -> None:
    for need_id, need in needs().items():
        dialogue, deadline = need.statement.dialogue, need.statement.answer_deadline
        if dialogue is None:
            continue
        course = [dialogue.registration_deadline, dialogue.starts_at, dialogue.ends_at, deadline]
        known = [moment.astimezone(UTC) for moment in course if moment]
        assert known, need_id
        assert all(earlier <= later for earlier, later in pairwise(known)), need_id


def test_the_truth_speaks_only_of_what_is_there() -> None:
    assert set(truth().suppliers) == set(needs())
    assert {supplier for found in truth().suppliers.values() for supplier in found} <= set(profiles())
    assert {need_id for group in truth().shared for need_id in group} <= set(needs())
    for one, other in truth().near_misses:
        assert one in needs()
        assert other in needs() or other in profiles()
        assert one != other


def test_shared_needs_are_of_different_buyers_in_several_countries() -> None:
    assert len(truth().shared) >= 14
    members = [need_id for group in truth().shared for need_id in group]
    assert len(members) == len(set(members))
    for group in truth().shared:
        stated = [needs()[need_id].statement for need_id in group]
        assert 2 <= len(group) <= 4
        assert len({statement.buyer.id for statement in stated}) == len(group)
        assert len({statement.buyer.country for statement in stated}) >= 2
        assert len({statement.language for statement in stated}) >= 2


def test_some_shared_needs_have_no_code_in_common() -> None:
    codes = [[set(needs()[need_id].statement.cpv) for need_id in group] for group in truth().shared]
    assert sum(not set.intersection(*group) for group in codes) >= len(codes) // 2


def test_every_need_has_suppliers_who_can_be_told_some_of_them_in_another_language() -> None:
    for need_id, found in truth().suppliers.items():
        language = needs()[need_id].statement.language
        assert 1 <= len(set(found)) == len(found) <= 5, need_id
        assert all(may_be_told(need_id, supplier_id) for supplier_id in found), need_id
        spoken = {capability.language for one in found for capability in profiles()[one].profile.capabilities}
        assert spoken - {language}, need_id


def test_codes_alone_do_not_give_the_truth_away() -> None:
    pairs = [(need_id, supplier_id) for need_id, found in truth().suppliers.items() for supplier_id in found]
    same = sum(bool(set(needs()[one].statement.cpv) & set(profiles()[other].profile.cpv)) for one, other in pairs)
    assert same < len(pairs) / 2


def test_near_misses_are_no_truth() -> None:
    misses = truth().near_misses
    assert len({frozenset(pair) for pair in misses}) == len(misses) >= 24
    of_needs = [pair for pair in misses if pair[1] in needs()]
    of_suppliers = [pair for pair in misses if pair[1] in profiles()]
    assert min(len(of_needs), len(of_suppliers)) >= 12
    same = {frozenset(pair) for group in truth().shared for pair in combinations(group, 2)}
    assert [pair for pair in of_needs if frozenset(pair) in same] == []
    assert [pair for pair in of_suppliers if pair[1] in truth().suppliers[pair[0]]] == []


def test_near_misses_cover_every_reason_that_keeps_a_pair_apart() -> None:
    barred = [pair for pair in truth().near_misses if pair[1] in profiles() and not may_be_told(*pair)]
    by_need = [(n, s) for n, s in barred if s in needs()[n].statement.excluded_suppliers]
    by_buyer = [(n, s) for n, s in barred if needs()[n].statement.buyer.id in profiles()[s].profile.exclusions.buyers]
    by_code = [(n, s) for n, s in barred if profiles()[s].profile.exclusions.cpv]
    by_region = [(n, s) for n, s in barred if profiles()[s].profile.exclusions.regions]
    assert all((by_need, by_buyer, by_code, by_region))
    only_by_meaning = [pair for pair in truth().near_misses if pair[1] in profiles() and may_be_told(*pair)]
    assert len(only_by_meaning) >= 12


def test_distractors_match_nothing() -> None:
    wanted = {supplier for found in truth().suppliers.values() for supplier in found}
    assert len(set(profiles()) - wanted) >= 15


def test_suppliers_are_of_many_kinds() -> None:
    said = [one.profile for one in profiles().values()]
    assert sum(not profile.cpv for profile in said) >= 3
    assert sum(not profile.regions for profile in said) >= 10
    assert sum(len(profile.regions) == 1 and len(profile.regions[0]) > 2 for profile in said) >= 5
    assert len({profile.size for profile in said}) == 4
    assert len({profile.country for profile in said}) >= 6
