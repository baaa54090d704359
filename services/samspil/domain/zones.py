"""The time zone that people in a country go by.

A country with several zones takes that of its capital: a letter states the offset beside every time, so nobody is misled.
Source of the names: the zone1970.tab of the IANA time zone database.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from zoneinfo import ZoneInfo

ZONES: Mapping[str, str] = MappingProxyType(
    {
        # The European Union
        "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CY": "Asia/Nicosia", "CZ": "Europe/Prague",
        "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn", "ES": "Europe/Madrid", "FI": "Europe/Helsinki",
        "FR": "Europe/Paris", "GR": "Europe/Athens", "HR": "Europe/Zagreb", "HU": "Europe/Budapest", "IE": "Europe/Dublin",
        "IT": "Europe/Rome", "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga", "MT": "Europe/Malta",
        "NL": "Europe/Amsterdam", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest",
        "SE": "Europe/Stockholm", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava",
        # The rest of the European Economic Area, and what belongs to the Nordic countries
        "AX": "Europe/Mariehamn", "FO": "Atlantic/Faroe", "GL": "America/Nuuk", "IS": "Atlantic/Reykjavik", "LI": "Europe/Vaduz",
        "NO": "Europe/Oslo", "SJ": "Arctic/Longyearbyen",
        # The rest of Europe and its neighbours
        "AD": "Europe/Andorra", "AL": "Europe/Tirane", "AM": "Asia/Yerevan", "AZ": "Asia/Baku", "BA": "Europe/Sarajevo",
        "BY": "Europe/Minsk", "CH": "Europe/Zurich", "GB": "Europe/London", "GE": "Asia/Tbilisi", "GI": "Europe/Gibraltar",
        "IL": "Asia/Jerusalem", "MC": "Europe/Monaco", "MD": "Europe/Chisinau", "ME": "Europe/Podgorica", "MK": "Europe/Skopje",
        "RS": "Europe/Belgrade", "SM": "Europe/San_Marino", "TR": "Europe/Istanbul", "UA": "Europe/Kyiv", "VA": "Europe/Vatican",
        "XK": "Europe/Belgrade",
        # Where else suppliers of European bodies are found
        "AE": "Asia/Dubai", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "CN": "Asia/Shanghai",
        "HK": "Asia/Hong_Kong", "IN": "Asia/Kolkata", "JP": "Asia/Tokyo", "KR": "Asia/Seoul", "MX": "America/Mexico_City",
        "NZ": "Pacific/Auckland", "SG": "Asia/Singapore", "TW": "Asia/Taipei", "US": "America/New_York",
        "ZA": "Africa/Johannesburg",
    }
)  # fmt: skip


def zone_of(country: str | None) -> ZoneInfo:
    """The zone of a country (ISO 3166-1 alpha-2); UTC where the country is unknown or not in the table."""
    return ZoneInfo(ZONES.get(country or "", "UTC"))


def moved(moment: datetime, zone: tzinfo = UTC) -> datetime:
    """The same moment in the zone; as it was given where the calendar of Python ends before that (the years 1 and 9999)."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment
