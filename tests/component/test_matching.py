from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samspil.domain.similar import folded_finds, mirrored
from samspil.errors import IndexUnavailable
from samspil.matching.adhoc import AdHocMatchmaker
from samspil.matching.rules import Rules
from samspil.ports import Entity, Head
from samspil_schemas import (
    Buyer,
    CapabilityStatement,
    Exclusions,
    LanguageFit,
    NeedWithdrawn,
    ProfileWithdrawn,
    event_id,
    topics,
)
from tests.component.matching_parts import matching_parts, received, tombstone
from tests.factories import a_need, a_published_profile, a_statement

OTHER_BUYER = Buyer(id="buyer-2", name="Southby Sample City", country="SE")
MEALS = (CapabilityStatement(id="m1", text="Meals for every school day.", language="en", cpv=("55524000",)),)


@pytest.fixture
async def parts():
    made = await matching_parts()
    yield made
    await made.index.close()


async def test_a_need_finds_the_supplier_that_is_there(parts):
    await parts.take(a_published_profile())
    [report] = await parts.take(a_need())
    [match] = report.matches
    assert (match.need_id, match.supplier_id, match.need_version, match.profile_version) == ("need-1", "supplier-1", 1, 1)
    assert match.score > 0.5
    assert report.caused_by == event_id(a_need())
    assert report.space == "test-concepts"


async def test_a_supplier_that_comes_later_finds_the_need(parts):
    [alone] = await parts.take(a_need())
    assert alone.matches == ()
    [report] = await parts.take(a_published_profile())
    assert [match.need_id for match in report.matches] == ["need-1"]


async def test_a_pair_is_the_same_match_from_both_sides():
    from_need, from_supplier = await matching_parts(), await matching_parts()
    await from_need.take(a_published_profile())
    [one] = (await from_need.take(a_need()))[0].matches
    await from_supplier.take(a_need())
    [other] = (await from_supplier.take(a_published_profile()))[0].matches
    assert one == other


async def test_a_match_says_why(parts):
    profile = a_published_profile(
        capabilities=(
            CapabilityStatement(id="c1", text="We find leaks in water pipes by listening.", language="en"),
            CapabilityStatement(id="c2", text="We clear snow from every road.", language="en"),
        )
    )
    await parts.take(profile)
    need = a_need(
        description="Leaks in our pipes flood the street. The school must keep its meals.", cpv=("90491000",), effects=()
    )
    [report] = await parts.take(need)
    [match] = report.matches
    best = match.evidence[0]
    assert (best.need_sentence, best.answer_id) in {
        ("Find leaks in drinking water pipes", "c1"),
        ("Leaks in our pipes flood the street.", "c1"),
    }
    assert "pipes" in best.shared_terms
    assert match.cpv_path == ("90000000", "90400000", "90490000")
    assert match.threshold is not None
    assert match.score >= match.threshold
    assert match.missing == ("The school must keep its meals.",)
    assert match.signals.keys() == {"base", "meaning", "words", "cpv"}


async def test_where_no_answer_was_fitted_nothing_is_said_to_be_missing():
    parts = await matching_parts(rules=Rules())
    await parts.take(a_published_profile())
    [report] = await parts.take(a_need(description="Leaks flood the street. The school must keep its meals."))
    assert [match.missing for match in report.matches] == [()]


async def test_a_match_says_whether_the_profile_has_the_needs_language_and_which_words_are_alike():
    parts = await matching_parts()
    swedish = (CapabilityStatement(id="c1", text="Vi hittar leak i pipe, även frivilliga.", language="sv"),)
    await parts.take(a_published_profile(capabilities=swedish, languages=("en",)))
    need = a_need(title="Find leak i pipe med frivillige", description="Leak i pipe.", language="da", effects=())
    [match] = (await parts.take(need))[0].matches
    assert (match.language, match.languages) == (LanguageFit.NEAR, ("en", "sv"))
    best = match.evidence[0]
    assert best.shared_terms == ()
    assert [(terms.need, terms.answer) for terms in best.term_pairs] == [("frivillige", "frivilliga")]


async def test_equal_scores_come_in_the_order_of_the_ids_each_time(parts):
    for supplier_id in ("supplier-c", "supplier-a", "supplier-b"):
        await parts.take(a_published_profile(supplier_id))
    first, again = [(await parts.take(a_need()))[0] for _ in range(2)]
    assert [match.supplier_id for match in first.matches] == ["supplier-a", "supplier-b", "supplier-c"]
    assert len({match.score for match in first.matches}) == 1
    assert first.matches == again.matches


async def test_what_has_nothing_in_common_is_no_match(parts):
    await parts.take(a_published_profile(capabilities=MEALS, cpv=("55524000",)))
    [report] = await parts.take(a_need())
    assert report.matches == ()


@pytest.mark.parametrize(
    ("need", "profile"),
    [
        ({"excluded_suppliers": ("supplier-1",)}, {}),
        ({}, {"exclusions": Exclusions(buyers=("buyer-1",))}),
        ({}, {"exclusions": Exclusions(cpv=("90000000",))}),
        ({}, {"exclusions": Exclusions(regions=("DK",))}),
        ({}, {"regions": ("NO",)}),
    ],
)
async def test_what_either_side_rules_out_is_not_notified_from_either_side(need, profile):
    one, other = await matching_parts(), await matching_parts()
    await one.take(a_published_profile(**profile))
    assert (await one.take(a_need(**need)))[0].matches == ()
    await other.take(a_need(**need))
    assert (await other.take(a_published_profile(**profile)))[0].matches == ()


async def test_the_best_capability_represents_the_supplier(parts):
    profile = a_published_profile(
        capabilities=(
            CapabilityStatement(id="a", text="A pipe for every bus.", language="en"),
            CapabilityStatement(id="b", text="We find leaks in pipes.", language="en"),
        )
    )
    await parts.take(profile)
    [alone] = (await parts.take(a_need()))[0].matches
    assert alone.evidence[0].answer_id == "b"


async def test_the_same_need_at_another_buyer_is_found_in_both_directions(parts):
    await parts.take(a_need("need-1"))
    [report] = await parts.take(a_need("need-2", buyer=OTHER_BUYER, title="Leaks in the pipes of the city"))
    [similar] = report.similar
    assert (similar.need_id, similar.other_need_id, similar.other_buyer_id) == ("need-2", "need-1", "buyer-1")
    [again] = await parts.take(a_need("need-1"))
    assert again.similar[0].similar_id == similar.similar_id
    assert again.similar[0].score == similar.score


async def test_a_need_stays_findable_after_its_answer_deadline_and_the_find_says_when_that_was(parts):
    past, coming = datetime(2020, 5, 1, tzinfo=UTC), datetime(2100, 5, 1, tzinfo=UTC)
    await parts.take(a_need("need-1", answer_deadline=past))
    [report] = await parts.take(a_need("need-2", buyer=OTHER_BUYER, answer_deadline=coming))
    assert [(find.other_need_id, find.other_answer_deadline) for find in report.similar] == [("need-1", past)]
    matchmaker = AdHocMatchmaker(embedder=parts.embedder, index=parts.index)
    [draft] = await matchmaker.similar_to(a_statement(buyer=OTHER_BUYER))
    assert (draft.other_need_id, draft.other_answer_deadline) == ("need-1", past)
    statement = a_statement(buyer=OTHER_BUYER, answer_deadline=coming)
    assert mirrored(report.similar[0], statement).other_answer_deadline == coming
    await parts.take(NeedWithdrawn(need_id="need-1", version=1))
    [report] = await parts.take(a_need("need-2", version=2, buyer=OTHER_BUYER))
    assert report.similar == ()


async def test_a_buyers_own_needs_are_not_shown_to_it_as_a_find(parts):
    await parts.take(a_need("need-1"))
    [report] = await parts.take(a_need("need-2"))
    assert report.similar == ()


async def test_a_need_that_another_portal_has_under_another_buyer_is_no_find(parts):
    await parts.take(a_need("need-1"))
    copied = {
        "buyer": Buyer(id="buyer-9", name="NORTHBY sample municipality", country="DK"),
        "title": "Find leaks in drinking water pipes, lot 2",
    }
    [report] = await parts.take(a_need("need-2", **copied))
    assert report.similar == ()
    [other] = await parts.take(a_need("need-3", **(copied | {"buyer": OTHER_BUYER})))
    assert {find.other_need_id for find in other.similar} == {"need-1", "need-2"}
    assert [find.also_published for find in folded_finds(other.similar)] == [("need-2",)]


async def test_a_joint_need_is_a_find_for_those_outside_and_not_for_its_members(parts):
    third = Buyer(id="buyer-3", name="Westby Sample District", country="NO")
    await parts.take(a_need("need-2", buyer=OTHER_BUYER), a_need("need-3", buyer=third))
    [joint] = await parts.take(a_need("joint:one", joint_members=("buyer-1", "buyer-2")))
    assert [similar.other_need_id for similar in joint.similar] == ["need-3"]
    [member] = await parts.take(a_need("need-2", version=2, buyer=OTHER_BUYER))
    assert [similar.other_need_id for similar in member.similar] == ["need-3"]
    [outside] = await parts.take(a_need("need-3", version=2, buyer=third))
    assert {similar.other_need_id for similar in outside.similar} == {"joint:one", "need-2"}
    # Who joins has no need to find it any more.
    [grown] = await parts.take(a_need("joint:one", version=2, joint_members=("buyer-1", "buyer-2", "buyer-3")))
    assert grown.similar == ()


async def test_a_members_need_that_reads_like_the_joint_text_is_a_follow_up_from_whichever_side_it_is_seen(parts):
    await parts.take(a_need("joint:one", joint_members=("buyer-1", "buyer-2")))
    bodies = [Buyer(id=f"buyer-{number}", name=f"Sample body {number}", country="DK") for number in (1, 2, 3)]
    tenders = [a_need(f"tender-{number}", buyer=body) for number, body in enumerate(bodies, start=1)]
    for number, report in enumerate(await parts.take(*tenders), start=1):
        seen = [(pair.need_id, pair.other_need_id, pair.other_buyer_id) for pair in report.follow_ups]
        assert seen == ([("joint:one", f"tender-{number}", f"buyer-{number}")] if number < 3 else [])
        assert f"tender-{number}" not in {similar.other_need_id for similar in report.similar}
    [from_above] = await parts.take(a_need("joint:one", version=2, joint_members=("buyer-1", "buyer-2")))
    assert {pair.other_need_id for pair in from_above.follow_ups} == {"tender-1", "tender-2"}
    [from_below] = await parts.take(tenders[1])
    pair = next(pair for pair in from_above.follow_ups if pair.other_need_id == "tender-2")
    assert from_below.follow_ups == (pair,)
    assert pair.evidence


async def test_another_need_of_a_member_and_another_joint_need_are_no_follow_up(parts):
    await parts.take(a_need("joint:one", joint_members=("buyer-1", "buyer-2")))
    meals = a_need("tender-1", title="School meals", description="Every school wants a meal at noon.", cpv=("55524000",))
    [other_need] = await parts.take(meals)
    [other_joint] = await parts.take(a_need("joint:two", joint_members=("buyer-1", "buyer-3")))
    assert (other_need.follow_ups, other_joint.follow_ups) == ((), ())


async def test_who_the_joint_text_does_not_name_has_no_follow_up_in_it(parts):
    await parts.take(a_need("joint:one", joint_members=("buyer-1", "buyer-2")), a_need("tender-1"))
    [left] = await parts.take(a_need("joint:one", version=2, joint_members=("buyer-2",)))
    [again] = await parts.take(a_need("tender-1"))
    assert (left.follow_ups, again.follow_ups) == ((), ())


async def test_the_joint_text_finds_suppliers_as_any_need_does(parts):
    await parts.take(a_published_profile())
    [report] = await parts.take(a_need("joint:one", joint_members=("buyer-1", "buyer-2")))
    assert [match.supplier_id for match in report.matches] == ["supplier-1"]


async def test_a_late_older_version_is_not_evaluated(parts):
    await parts.take(a_need(version=3))
    await parts.take(a_published_profile())
    [report] = await parts.take(a_need(version=2))
    assert (report.need_version, report.superseded_by, report.withdrawn, report.matches) == (2, 3, False, ())
    assert await parts.index.heads(Entity.NEEDS, ["need-1"]) == {"need-1": Head(3)}


async def test_what_the_index_holds_withdrawn_is_told_so_and_stays_withdrawn(parts):
    await parts.take(a_need(version=2), NeedWithdrawn(need_id="need-1", version=2))
    [report] = await parts.take(a_need(version=2))
    assert (report.superseded_by, report.withdrawn) == (2, True)
    assert await parts.index.heads(Entity.NEEDS, ["need-1"]) == {"need-1": Head(2, withdrawn=True)}
    await parts.take(a_published_profile(version=5))
    [report] = await parts.take(a_published_profile(version=4))
    assert (report.profile_version, report.superseded_by) == (4, 5)


async def test_only_the_newest_version_of_a_batch_is_evaluated(parts):
    await parts.matching.needs([received(a_need(version=2)), received(a_need(version=1)), received(a_need("need-9"))])
    assert [(report.need_id, report.need_version) for report in parts.published.needs] == [("need-1", 2), ("need-9", 1)]


async def test_a_repeat_says_the_same_with_the_same_id(parts):
    await parts.take(a_published_profile())
    [first] = await parts.take(a_need())
    [second] = await parts.take(a_need())
    assert first == second
    assert event_id(first) == event_id(second)


async def test_a_withdrawn_need_is_reported_and_not_found_any_more(parts):
    await parts.take(a_need())
    [report] = await parts.take(NeedWithdrawn(need_id="need-1", version=1))
    assert (report.withdrawn, report.matches, report.need_version) == (True, (), 1)
    [supplier] = await parts.take(a_published_profile())
    assert supplier.matches == ()
    [again] = await parts.take(a_need(version=2))
    assert [match.need_version for match in again.matches] == [2]


async def test_a_withdrawn_profile_is_not_found_any_more(parts):
    await parts.take(a_published_profile())
    [report] = await parts.take(ProfileWithdrawn(supplier_id="supplier-1", version=1))
    assert report.withdrawn
    assert (await parts.take(a_need()))[0].matches == ()


async def test_a_tombstone_withdraws_what_is_known_and_says_nothing_of_the_unknown(parts):
    await parts.take(a_need(version=4))
    await parts.matching.needs([tombstone("need-1", topic=topics.NEEDS.name), tombstone("need-7", topic=topics.NEEDS.name)])
    assert [(report.need_id, report.need_version, report.withdrawn) for report in parts.published.needs[1:]] == [
        ("need-1", 4, True)
    ]


async def test_a_changed_profile_drops_what_it_no_longer_says(parts):
    await parts.take(a_published_profile())
    await parts.take(a_published_profile(version=2, capabilities=MEALS, cpv=()))
    assert (await parts.take(a_need()))[0].matches == ()


async def test_more_matches_than_the_first_search_shows_are_all_found(parts):
    await parts.matching.profiles([received(a_published_profile(f"supplier-{number:03}")) for number in range(90)])
    [report] = await parts.take(a_need())
    assert len(report.matches) == 90
    assert [match.supplier_id for match in report.matches] == sorted(match.supplier_id for match in report.matches)
    assert not report.truncated


async def test_a_report_that_cannot_carry_all_says_so(parts):
    await parts.matching.profiles([received(a_published_profile(f"supplier-{number:03}")) for number in range(130)])
    [report] = await parts.take(a_need())
    assert len(report.matches) == 100
    assert report.truncated


async def test_an_index_that_does_not_answer_is_transient_and_publishes_nothing(parts):
    async def silent(*_, **__):
        raise IndexUnavailable("the index does not answer")

    parts.index.search = silent
    with pytest.raises(IndexUnavailable):
        await parts.take(a_need())
    assert parts.published.events == []


NEEDS = [
    a_need("n1"),
    a_need("n2", buyer=OTHER_BUYER),
    a_need("n1", 2, title="School meals", description="Meals for the school.", cpv=("55524000",)),
    NeedWithdrawn(need_id="n2", version=1),
    a_need("n3", regions=("SE",)),
]
PROFILES = [
    a_published_profile("s1"),
    a_published_profile("s1", 2, capabilities=MEALS, cpv=()),
    a_published_profile("s2", regions=()),
    ProfileWithdrawn(supplier_id="s2", version=1),
    a_published_profile("s3", capabilities=MEALS, cpv=()),
]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=st.permutations([*NEEDS, *PROFILES]), repeats=st.lists(st.sampled_from([*NEEDS, *PROFILES]), max_size=4))
async def test_however_needs_and_profiles_interleave_every_pair_of_newest_versions_is_seen(order, repeats):
    parts = await matching_parts()
    reports = await parts.take(*order, *repeats)
    evaluated_needs: dict[str, Head] = {}
    evaluated_suppliers: dict[str, Head] = {}
    listed = set()
    for report in reports:
        if report.key.startswith("n"):
            head = Head(report.need_version, report.withdrawn)
            evaluated_needs[report.key] = max(head, evaluated_needs.get(report.key, head))
        else:
            head = Head(report.profile_version, report.withdrawn)
            evaluated_suppliers[report.key] = max(head, evaluated_suppliers.get(report.key, head))
        listed |= {(match.need_id, match.need_version, match.supplier_id, match.profile_version) for match in report.matches}
    holding = {
        (need, supplier)
        for need, need_version, supplier, profile_version in listed
        if Head(need_version) >= evaluated_needs.get(need, Head(0))
        and Head(profile_version) >= evaluated_suppliers.get(supplier, Head(0))
    }
    assert holding == {("n1", "s1"), ("n1", "s3")}
