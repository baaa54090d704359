"""What `up` tells as it happens."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from samspil.cli.tables import Story, teams_table
from samspil_schemas import Event, MatchFound, SimilarNeedFound
from tests.component.web_fakes import a_pair, a_team, a_twin

STAMP: dict[str, Any] = {"space": "e5s-1f0c2a9b", "scorer": "v1", "found_at": datetime(2026, 3, 2, tzinfo=UTC)}
TITLE = "We want to know where the drinking water leaks, before anybody digs up a street for it"


def told(story: Story, *events: Event, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as capture:
        for event in events:
            if (row := story.row(event)) is not None:
                console.print(row)
    return [line.rstrip() for line in capture.get().splitlines()]


def a_match(**changes: Any) -> MatchFound:
    return MatchFound(**(a_pair(**changes).model_dump() | STAMP))


def one_side(**changes: Any) -> SimilarNeedFound:
    return SimilarNeedFound(**(a_twin().model_dump() | STAMP | changes))


def other_side() -> SimilarNeedFound:
    return one_side(
        need_id="need-2",
        buyer_id="buyer-2",
        other_need_id="need-1",
        other_title="Find leaks in pipes",
        other_language="en",
        other_buyer_id="buyer-1",
        other_buyer_name="Northby Sample",
        other_country="DK",
    )


def test_on_a_narrow_terminal_the_supplier_stands_below_its_need_and_both_can_be_read() -> None:
    lines = told(Story(width=80), a_match(need_title=TITLE, buyer_name="Northby"), width=80)
    assert lines[0].startswith("match        90 of 100  Northby: We want to know where the drinking water")
    assert lines[1] == f"{'':<24}→ Listen Sample Acoustics"
    assert lines[2].strip().startswith("“We want to know")
    assert len(lines) == 3


def test_on_a_wide_terminal_they_stand_side_by_side() -> None:
    lines = told(Story(width=160), a_match(buyer_name="Northby"), width=160)
    assert "Northby: Find leaks in drinking water pipes" in lines[0]
    assert lines[0].endswith("→ Listen Sample Acoustics")
    assert len(lines) == 2


@pytest.mark.parametrize("width", [60, 80, 109, 110, 160])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    story = Story(width=width)
    long = a_match(need_title=TITLE * 3, supplier_name="Sample " * 30)
    lines = told(story, long, one_side(other_title=TITLE), other_side(), width=width)
    assert len(lines) == (3 if width >= 110 else 5)
    assert max(len(line) for line in [*lines, story.header().plain]) <= width


@pytest.mark.parametrize("swapped", [False, True])
def test_a_pair_of_needs_is_told_once_with_the_buyer_and_title_of_both(*, swapped: bool) -> None:
    story = Story(width=200)
    events = [one_side(), other_side()]
    first, second = reversed(events) if swapped else events
    assert told(story, first, width=200) == []
    (line,) = told(story, second, width=200)
    sides = {"Northby Sample (DK): Find leaks in pipes", "Söderby exempelkommun (SE): Hitta läckor i dricksvattennätet"}
    assert all(side in line for side in sides)
    assert "need-1" not in line


def test_the_same_side_twice_is_no_pair() -> None:
    assert told(Story(width=200), one_side(), one_side(), width=200) == []


def test_a_team_is_drawn_with_what_each_covers_and_what_stays_open() -> None:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(teams_table([a_team()]))
    drawn = capture.get()
    for said in (
        "Listen Sample Acoustics",
        "supplier-2",
        "We hear leaks through hydrants.",
        "nobody of them",
        "“Without noise.”",
    ):
        assert said in drawn
