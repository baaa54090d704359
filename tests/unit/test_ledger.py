"""What became of a version of a need follows from the facts, in whatever order they came."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samspil.domain import ledger
from samspil.domain.standing import buried, published, withdrawn
from samspil.ports import LedgerEntry, NeedStatus, Standing
from samspil_schemas import NeedStatement
from tests.factories import a_statement

NOW = datetime(2026, 3, 2, tzinfo=UTC)
Known = tuple[LedgerEntry, Standing[NeedStatement]]
Fact = Callable[[Known], Known]


def publish(version: int) -> Fact:
    def fact(known: Known) -> Known:
        entry, standing = known
        statement = a_statement(title=f"Version {version}")
        if version == entry.version:
            entry = ledger.accepted(entry, statement, at=NOW)
        return entry, published(standing, version, statement)

    return fact


def withdraw(version: int) -> Fact:
    return lambda known: (known[0], withdrawn(known[1], version, reason=f"reason {version}"))


def report(second: int, matches: int) -> Fact:
    at = NOW + timedelta(seconds=second)
    return lambda known: (ledger.evaluated(known[0], matches=matches, similar=0, at=at), known[1])


def refuse() -> Fact:
    return lambda known: (ledger.refused(known[0], reason="unreadable", at=NOW), known[1])


def after(facts: list[Fact], *, version: int = 2) -> LedgerEntry:
    known: Known = (LedgerEntry(need_id="n", version=version), Standing(id="n"))
    for fact in facts:
        entry, standing = fact(known)
        known = (ledger.settled(entry, standing, at=NOW), standing)
    return known[0]


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ([publish(2)], NeedStatus.PENDING),
        ([publish(1), publish(2)], NeedStatus.PENDING),
        ([publish(2), withdraw(1)], NeedStatus.PENDING),
        ([publish(2), report(0, 3)], NeedStatus.MATCHED),
        ([publish(2), report(0, 0)], NeedStatus.MATCHED),
        ([publish(2), report(0, 3), publish(3), withdraw(3)], NeedStatus.MATCHED),
        ([publish(2), refuse(), report(0, 1)], NeedStatus.MATCHED),
        ([publish(2), publish(3)], NeedStatus.SUPERSEDED),
        ([publish(2), publish(3), refuse()], NeedStatus.SUPERSEDED),
        ([publish(2), withdraw(2)], NeedStatus.WITHDRAWN),
        ([publish(2), withdraw(2), publish(3)], NeedStatus.WITHDRAWN),
        ([publish(2), publish(3), withdraw(3)], NeedStatus.WITHDRAWN),
        ([publish(2), refuse()], NeedStatus.DEAD_LETTERED),
        ([refuse()], NeedStatus.DEAD_LETTERED),
    ],
)
def test_every_version_ends_in_one_way(facts: list[Fact], status: NeedStatus) -> None:
    entry = after(facts)
    assert entry.status is status
    assert (entry.settled_at is None) is (status is NeedStatus.PENDING)


every_fact = st.one_of(
    st.builds(publish, st.integers(1, 3)),
    st.builds(withdraw, st.integers(1, 3)),
    st.builds(report, st.integers(0, 2), st.integers(0, 1)),
    st.builds(refuse),
)


@given(data=st.data(), version=st.integers(1, 3))
def test_the_order_of_the_facts_does_not_matter_nor_do_repeats(data: st.DataObject, version: int) -> None:
    # One report for each moment, one withdrawal reason for each version: the contract gives a repeat the same content.
    facts = data.draw(st.lists(every_fact, max_size=7, unique_by=lambda fact: fact.__closure__ and str(_inside(fact))))
    again = data.draw(
        st.permutations([*facts, *data.draw(st.lists(st.sampled_from(facts), max_size=3) if facts else st.just([]))])
    )
    assert after(again, version=version) == after(facts, version=version)


def _inside(fact: Fact) -> tuple[str, list[object]]:
    name = fact.__qualname__.partition(".")[0]
    values = [cell.cell_contents for cell in fact.__closure__ or ()]
    return name, values[:1] if name == "report" else values


def test_the_reason_is_told_where_there_is_one() -> None:
    assert after([publish(2), withdraw(2)]).reason == "reason 2"
    assert after([publish(2), refuse()]).reason == "unreadable"
    assert after([publish(2), publish(3)]).reason is not None
    assert after([publish(2), withdraw(2), report(0, 1)]).reason is None


def test_when_it_was_settled_is_when_its_status_last_changed() -> None:
    first = ledger.settled(ledger.refused(LedgerEntry(need_id="n", version=1), reason="a", at=NOW), Standing(id="n"), at=NOW)
    later = NOW + timedelta(days=1)
    assert ledger.settled(first, Standing(id="n"), at=later) == first
    gone = withdrawn(Standing[NeedStatement](id="n"), 1, reason="first")
    once = ledger.settled(first, gone, at=NOW)
    again = ledger.settled(once, withdrawn(gone, 2, reason="second"), at=later)
    assert (again.reason, again.settled_at) == ("second", NOW)
    matched = ledger.settled(ledger.evaluated(first, matches=1, similar=0, at=later), Standing(id="n"), at=later)
    assert (first.settled_at, matched.settled_at) == (NOW, later)


def test_a_tombstone_withdraws_the_newest_version_that_is_known_and_nothing_before_that() -> None:
    nothing: Standing[NeedStatement] = Standing(id="n")
    assert buried(nothing) == nothing
    known = published(published(nothing, 1, a_statement()), 2, a_statement())
    gone = buried(known)
    assert (gone.version, gone.withdrawn, gone.withdrawn_version) == (2, True, 2)
    assert published(gone, 3, a_statement()).is_open
