"""What a supplier is sent, learned from what it says of its matches.

An opinion mutes at once, and only within bounds. Of a need that was not relevant, that need; of one of the wrong field, its CPV
class too; of one in the wrong region, its regions too; any other reason makes the supplier's own threshold a step stricter. The
newest word on a thing wins, so a relevant need opens what it touches, and takes a step back. What is learned is a function of the
set of opinions and lifts: their order, repeats and delays change nothing.

Mutes can be seen and lifted. Strictness, which is inferred, at most doubles the odds that a match must have, so that no supplier
is silenced by it: a match at twice the odds of the threshold is always sent.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import inf

from samspil import ids
from samspil.domain.codes import cpv_path
from samspil.errors import Refused
from samspil.ports import Lift, Opinion, Preference, Preferences, Prospect
from samspil_schemas import FeedbackGiven, FeedbackReason, PreferenceKind, PreferencesLifted

# Levels of strictness, and by how much the highest multiplies the odds that a match must have.
STRICTEST = 4
STRICTEST_ODDS = 2.0

_CLASS_DIGITS = 4
_CPV_DIGITS = 8
# Levels 0 and 1 of NUTS are countries and large parts of them.
_NUTS_PARTS_LETTERS = 4
_STRICTER = frozenset({FeedbackReason.SIZE, FeedbackReason.OTHER, None})
# Clocks of clients differ; what was said in the future would win over all that is said until then.
_CLOCKS_DIFFER = timedelta(days=1)
_Key = tuple[PreferenceKind, str]


def field_of(code: str) -> str:
    """The field that a CPV code stands for: its class, or the code itself where it is broader than a class.

    90491000 gives 90490000. A supplier that refuses a need for all of construction (45000000) has said nothing of its parts.
    """
    return cpv_path(code)[-1] if len(code.rstrip("0")) < _CLASS_DIGITS else code[:_CLASS_DIGITS].ljust(_CPV_DIGITS, "0")


def region_covers(muted: str, region: str) -> bool:
    """True if a word on the one NUTS region holds for the other.

    It holds for what lies within too, but not where it is on a country or a large part of one, which says nothing of its parts.
    """
    return region == muted or (len(muted) >= _NUTS_PARTS_LETTERS and region.startswith(muted))


def opinion_of(event: FeedbackGiven) -> Opinion:
    """The word that the event says; what the need said is not in it."""
    return Opinion(
        supplier_id=event.supplier_id,
        match_id=event.match_id,
        need_id=event.need_id,
        need_version=event.need_version,
        revision=event.revision,
        relevant=event.relevant,
        reason=event.reason,
        given_at=event.given_at,
    )


def lift_of(event: PreferencesLifted) -> Lift:
    """The lift that the event says."""
    return Lift(supplier_id=event.supplier_id, kind=event.kind, value=event.value, lifted_at=event.lifted_at)


def checked(opinion: Opinion, *, now: datetime) -> Opinion:
    """The opinion, if it is on a match of the supplier's own, and not of the future.

    Raises:
        Refused: it is not. A match's id is derived from its need and its supplier.
    """
    _refuse_future(opinion.given_at, now=now)
    if opinion.match_id != ids.match_id(need_id=opinion.need_id, supplier_id=opinion.supplier_id):
        raise Refused(
            f"The match {opinion.match_id} is not one of {opinion.need_id} and {opinion.supplier_id}.",
            hint="Give the match_id, need_id and supplier_id of one match.",
        )
    return opinion


def checked_lift(lift: Lift, *, now: datetime) -> Lift:
    """The lift, if it is not of the future.

    Raises:
        Refused: it is.
    """
    _refuse_future(lift.lifted_at, now=now)
    return lift


def _refuse_future(at: datetime, *, now: datetime) -> None:
    if at > now + _CLOCKS_DIFFER:
        raise Refused(f"It was said in the future, at {at.isoformat()}.", hint="Set the clock, and say it again.")


def newest_words(opinions: Iterable[Opinion]) -> dict[str, Opinion]:
    """Of several words on one match, the one that holds: the highest revision; of two with the same, the later."""
    held: dict[str, Opinion] = {}
    for opinion in opinions:
        known = held.get(opinion.match_id)
        if known is None or _rank(opinion) > _rank(known):
            held[opinion.match_id] = opinion
    return held


def newest_lifts(lifts: Iterable[Lift]) -> list[Lift]:
    """Of several lifts of the same by one supplier, the newest."""
    held: dict[tuple[str, PreferenceKind, str | None], Lift] = {}
    for lift in lifts:
        key = (lift.supplier_id, lift.kind, lift.value)
        held[key] = max(lift, held.get(key, lift), key=lambda one: one.lifted_at)
    return list(held.values())


def _rank(opinion: Opinion) -> tuple[int, datetime, bool, str, int]:
    return opinion.revision, opinion.given_at, opinion.relevant, opinion.reason or "", opinion.need_version or 0


def learned(opinions: Iterable[Opinion], lifts: Iterable[Lift]) -> Preferences:
    """What is learned from all that one supplier has said and lifted."""
    lifted = {(lift.kind, lift.value): lift.lifted_at for lift in newest_lifts(lifts)}
    words: dict[_Key, Opinion] = {}
    ordered = sorted(newest_words(opinions).values(), key=lambda word: (word.given_at, word.relevant, word.match_id))
    for opinion in ordered:
        for key in _touched(opinion):
            if not _is_lifted(key, opinion, lifted):
                words[key] = opinion
    level, stricter = 0, None
    for opinion in ordered:
        if (opinion.relevant or opinion.reason in _STRICTER) and not _is_lifted((PreferenceKind.STRICTNESS, ""), opinion, lifted):
            after = max(level - 1, 0) if opinion.relevant else min(level + 1, STRICTEST)
            level, stricter = after, opinion if after != level else stricter
    moments = [*lifted.values(), *(opinion.given_at for opinion in ordered)]
    return Preferences(words=words, level=level, stricter=stricter, newest=max(moments, default=None))


def _touched(opinion: Opinion) -> Iterator[_Key]:
    yield PreferenceKind.NEED, opinion.need_id
    if opinion.cpv and (opinion.relevant or opinion.reason is FeedbackReason.FIELD):
        yield PreferenceKind.FIELD, field_of(opinion.cpv)
    if opinion.relevant or opinion.reason is FeedbackReason.REGION:
        yield from ((PreferenceKind.REGION, region) for region in opinion.regions)


def _is_lifted(key: _Key, opinion: Opinion, lifted: dict[tuple[PreferenceKind, str | None], datetime]) -> bool:
    kind, value = key
    lifts = (lifted.get(one) for one in ((kind, value), (kind, None), (PreferenceKind.ALL, None)))
    return any(at is not None and opinion.given_at <= at for at in lifts)


def listed(preferences: Preferences) -> list[Preference]:
    """Everything that keeps something from being sent: mutes by kind and value, then strictness."""
    found = [
        Preference(kind=kind, value=value, because=word)
        for (kind, value), word in sorted(preferences.words.items())
        if not word.relevant
    ]
    strictness = _strictness(preferences)
    return [*found, strictness] if strictness else found


def withheld(preferences: Preferences, prospect: Prospect) -> Preference | None:
    """The preference that keeps a match from being sent to the supplier; None where it is sent."""
    words = preferences.words
    on_need = words.get((PreferenceKind.NEED, prospect.need_id))
    if on_need is not None:
        # The supplier has spoken of this very need, and wants it or not, whatever it says of others.
        return None if on_need.relevant else Preference(kind=PreferenceKind.NEED, value=prospect.need_id, because=on_need)
    if prospect.cpv:
        field = field_of(prospect.cpv)
        on_field = words.get((PreferenceKind.FIELD, field))
        if on_field is not None and not on_field.relevant:
            return Preference(kind=PreferenceKind.FIELD, value=field, because=on_field)
    on_regions = [_on_region(preferences, region) for region in prospect.regions]
    if on_regions and all(on_regions):
        return on_regions[0]
    return _strictness(preferences) if _is_too_weak(prospect, level=preferences.level) else None


def _on_region(preferences: Preferences, region: str) -> Preference | None:
    """The mute of a region, by the newest word on it or on a region that holds it."""
    words = [
        (word.given_at, word.relevant, value, word)
        for (kind, value), word in preferences.words.items()
        if kind is PreferenceKind.REGION and region_covers(value, region)
    ]
    if not words:
        return None
    _, relevant, value, word = max(words, key=lambda found: found[:3])
    return None if relevant else Preference(kind=PreferenceKind.REGION, value=value, because=word)


def _strictness(preferences: Preferences) -> Preference | None:
    if not preferences.level or preferences.stricter is None:
        return None
    return Preference(kind=PreferenceKind.STRICTNESS, because=preferences.stricter)


def _is_too_weak(prospect: Prospect, *, level: int) -> bool:
    if not level or prospect.threshold is None:
        return False
    return _odds(prospect.score) < _odds(prospect.threshold) * odds_at(level)


def odds_at(level: int) -> float:
    """By how much a level of strictness multiplies the odds that a match must have: from 1 to `STRICTEST_ODDS`."""
    return float(STRICTEST_ODDS ** (level / STRICTEST))


def _odds(probability: float) -> float:
    return probability / (1 - probability) if probability < 1 else inf
