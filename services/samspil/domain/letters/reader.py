"""Who reads a letter: says phrases in the reader's language, and times in the reader's zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_location, get_timezone_name
from babel.numbers import format_decimal

from samspil.domain.letters.phrases import TABLES, written_language
from samspil.domain.zones import moved, zone_of

# What CLDR calls English is that of the USA: months before days, and a clock of twelve hours.
_LOCALES = {"en": "en_GB"}
# A language without its form, and the forms that are the same language to a reader.
_SAME = (frozenset({"no", "nb"}), frozenset({"no", "nn"}))


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A reader. `language` is what it reads, ISO 639; `country` decides its time zone, which is UTC where none is known."""

    language: str
    country: str | None = None

    @property
    def written(self) -> str:
        """The language that its letters are written in."""
        return written_language(self.language)

    @property
    def zone(self) -> ZoneInfo:
        """The zone that its times are given in."""
        return zone_of(self.country)

    def say(self, phrase: str, /, **values: str) -> str:
        """The phrase in the reader's language, its placeholders filled. What stands in the values is left as it is."""
        return TABLES[self.written][phrase].format(**values)

    def label(self, phrase: str, value: str) -> str:
        """A line that says what a value is."""
        return f"{self.say(f'label.{phrase}')}: {value}"

    def words(self, text: str, language: str) -> str:
        """Somebody's own words, with their language beside them where it is not the letter's."""
        if language == self.written or {language, self.written} in _SAME:
            return text
        return self.say("mark.language", text=text, language=self.language_name(language))

    def language_name(self, code: str) -> str:
        """What the reader calls a language; the code where the CLDR has no name for it."""
        return str(_locale(self.written).languages.get(code, code))

    def language_names(self, codes: Iterable[str]) -> str:
        """Several languages in one line."""
        return ", ".join(self.language_name(code) for code in codes)

    def number(self, number: int) -> str:
        """A count, its thousands parted as the reader does."""
        return str(format_decimal(number, locale=_locale(self.written)))

    def day(self, day: date) -> str:
        """A day with its weekday."""
        return str(format_date(day, "full", locale=_locale(self.written)))

    def moment(self, moment: datetime) -> str:
        """A moment in the reader's zone, with the zone's name and offset."""
        local = moved(moment, self.zone)
        return self.say("when.moment", day=self.day(local), time=self._time(local), zone=self._zone(local))

    def span(self, start: datetime, end: datetime | None) -> str:
        """From when to when; on one day the day is said once, and of a moment that has no length just when it is."""
        first, last = moved(start, self.zone), moved(end or start, self.zone)
        if first == last:
            return self.moment(start)
        if first.date() != last.date() or first.utcoffset() != last.utcoffset():
            return self.say("when.from_to", start=self.moment(start), end=self.moment(end or start))
        times = {"start": self._time(first), "end": self._time(last)}
        return self.say("when.range", day=self.day(first), **times, zone=self._zone(first))

    def _time(self, local: datetime) -> str:
        # Bare of its zone, for babel would move it to its own.
        return str(format_time(local.time(), "short", locale=_locale(self.written)))

    def _zone(self, local: datetime) -> str:
        offset = _offset(local)
        zone = local.tzinfo
        if not isinstance(zone, ZoneInfo) or zone.key == "UTC":
            return offset
        name = str(get_timezone_name(local, "long", locale=_locale(self.written)))
        # Where the CLDR has no name for the zone in this language, babel gives GMT with the offset once more, and for Dublin GMT
        # even in summer; then the place says which zone it is.
        if name.startswith("GMT"):
            name = str(get_timezone_location(zone, locale=_locale(self.written)))
        return f"{name}, {offset}"


@cache
def _locale(written: str) -> Locale:
    return Locale.parse(_LOCALES.get(written, written))


def _offset(local: datetime) -> str:
    """UTC+01:00; UTC alone where there is no offset."""
    passed = local.utcoffset()
    minutes = round(passed.total_seconds() / 60) if passed else 0
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}" if minutes else "UTC"
