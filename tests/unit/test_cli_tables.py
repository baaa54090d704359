"""Tables in a narrow terminal: what a person acts on is folded, never cut."""

import re
from datetime import timedelta

import pytest
from rich.console import Console, RenderableType

from samspil.cli.tables import match_table, similar_table, teams_table, topics_table
from samspil.ports import SuggestedTeam, TeamMember
from samspil_schemas import Evidence
from tests.protocol import START, a_match, a_similar

LONG = "sample-supplier-fjernvarmeoeje-of-the-northern-islands"


def drawn(table: RenderableType, *, width: int) -> str:
    console = Console(width=width, no_color=True)
    with console.capture() as out:
        console.print(table)
    return out.get()


def column(shown: str, place: int) -> str:
    """The text of a column from top to bottom, with folded words whole."""
    return "".join(cells[place].strip() for line in shown.splitlines() if len(cells := re.split("[│┃]", line)) > place)


@pytest.mark.parametrize("width", [60, 80])
def test_ids_and_topics_are_whole(width: int) -> None:
    evidence = Evidence(
        need_sentence="We want to know where water leaks.",
        answer="Leaks are found from orbit.",
        need_language="en",
        answer_language="en",
        strength=0.5,
    )
    member = TeamMember(supplier_id=LONG, supplier_name=LONG.title(), covers=(evidence,))
    team = SuggestedTeam(members=(member,), open=(LONG,))
    for table, place in (
        (match_table([a_match("need-1", LONG)], language="en", title="Matches"), 2),
        (similar_table([a_similar("need-1", LONG)], title="Same", now=START), 3),
        (teams_table([team]), 2),
        (topics_table({LONG: 1}, []), 1),
    ):
        shown = drawn(table, width=width)
        assert "…" not in shown
        assert LONG in column(shown, place), shown


def test_of_a_need_whose_answers_were_due_it_says_that_there_is_something_to_ask() -> None:
    due = [START - timedelta(days=30), START + timedelta(days=30), None]
    finds = [
        a_similar("need-1", f"other-{place}").model_copy(update={"other_answer_deadline": at}) for place, at in enumerate(due)
    ]
    shown = drawn(similar_table(finds, title="Same", now=START), width=120)
    assert shown.count("ask them how it went") == 1
    assert "answers were due by 2026-01-31" in shown
