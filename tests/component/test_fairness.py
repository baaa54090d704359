"""Matching ranks who is notified, never who may attend: whoever was matched, and however well, reads and does no more."""

import asyncio
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samspil.ports import InvitationStatus
from samspil.web.policy import POLICY, Token
from samspil_schemas import DialogueAnnouncement
from tests.component.web_fakes import NOW, World, a_dialogue, a_pair, an_invitation
from tests.factories import a_profile

MATCHED, UNMATCHED = "supplier-1", "supplier-2"
READ_BY_ALL = sorted(
    template.replace("{dialogue_id}", "dialogue-1")
    for (method, template), rule in POLICY.items()
    if method == "GET"
    and template.startswith("/v1/dialogues")
    and "{document_id}" not in template
    and rule.token is not Token.NEEDED
)
SLOTS = [{"starts_at": f"2026-05-05T0{hour}:00:00Z", "ends_at": f"2026-05-05T0{hour}:30:00Z"} for hour in (8, 9)]
scores = st.floats(0, 1, allow_nan=False)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(score=scores, invited=st.booleans(), capacity=st.integers(1, 3), one_to_one=st.booleans(), first=st.booleans())
def test_for_any_score_who_was_not_matched_reads_and_registers_as_who_was(
    score: float,
    invited: bool,  # noqa: FBT001 - drawn by name
    capacity: int,
    one_to_one: bool,  # noqa: FBT001 - drawn by name
    first: bool,  # noqa: FBT001 - drawn by name
) -> None:
    async def look() -> None:
        offer: dict[str, Any] = (
            {"kind": "one_to_one", "slots": SLOTS} if one_to_one else {"kind": "webinar", "capacity": capacity}
        )
        order = (MATCHED, UNMATCHED) if first else (UNMATCHED, MATCHED)
        worlds = [await _world(score, offer, invited=invited, matched=who) for who in (MATCHED, UNMATCHED)]
        # The same two organisations in the same order, with the match on the one and then on the other: nothing may differ.
        told = [[await _lived(world, who) for who in order] for world in worlds]
        assert told[0] == told[1]
        read = [[(await world.ask("GET", path, who=who)).text for path in READ_BY_ALL] for world in worlds for who in order]
        assert all(one == read[0] for one in read)

    asyncio.run(look())


async def _world(score: float, offer: dict[str, Any], *, invited: bool, matched: str) -> World:
    world = World()
    await world.publish("need-1")
    world.record.stored_dialogues = [a_dialogue(announcement=DialogueAnnouncement(starts_at="2026-05-05T08:00:00Z", **offer))]
    world.record.all_matches = [a_pair("need-1", matched, score)]
    status = InvitationStatus.ISSUED if invited else InvitationStatus.AWAITING_REVIEW
    issued_at = NOW if invited else None
    world.record.stored_invitations = [an_invitation(supplier_id=matched, status=status, issued_at=issued_at, score=score)]
    for supplier in (MATCHED, UNMATCHED):
        await world.record.submit_profile(supplier, a_profile(name="Sample"))
    return world


async def _lived(world: World, who: str) -> list[tuple[int, Any]]:
    """What an organisation is answered that registers, asks, and reads how it stands."""
    place = f"/v1/dialogues/dialogue-1/registrations/{who}"
    asked = {"text": "Do you accept sensors?", "language": "en"}
    answers = [
        await world.ask("PUT", place, who=who, json={"answer": "accept"}),
        await world.ask("GET", place, who=who),
        await world.ask("POST", "/v1/dialogues/dialogue-1/questions", who=who, json=asked),
        await world.ask("GET", f"{place}/letter", who=who),
        await world.ask("GET", f"{place}/calendar.ics", who=who),
    ]
    return [(answer.status_code, _without_chance(answer)) for answer in answers]


def _without_chance(answer: Any) -> Any:
    """The answer without ids that are drawn anew."""
    if "json" not in answer.headers["content-type"]:
        return answer.text
    return {name: value for name, value in answer.json().items() if name not in ("id", "follow", "location")}
