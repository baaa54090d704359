"""Which languages a reader follows: their own, and those that Danes, Norwegians and Swedes read of each other."""

from collections.abc import Sequence

from samspil_schemas import LanguageFit

_NORWEGIAN = frozenset({"nb", "nn", "no"})
_NEIGHBOURS = (frozenset({"da", "sv"}) | _NORWEGIAN,)
_NAMES = {
    "bg": "Bulgarian", "bs": "Bosnian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fi": "Finnish", "fr": "French",
    "ga": "Irish", "gl": "Galician", "hr": "Croatian", "hu": "Hungarian", "is": "Icelandic", "it": "Italian",
    "lb": "Luxembourgish", "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "mt": "Maltese", "nb": "Norwegian",
    "nl": "Dutch", "nn": "Norwegian (Nynorsk)", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "se": "Northern Sami", "sk": "Slovak", "sl": "Slovene", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "tr": "Turkish",
    "uk": "Ukrainian",
}  # fmt: skip


def language_fit(language: str, spoken: Sequence[str]) -> LanguageFit:
    """How the languages of a profile meet the language of a need; nb, nn and no are one."""
    if language in spoken or (language in _NORWEGIAN and not _NORWEGIAN.isdisjoint(spoken)):
        return LanguageFit.SPOKEN
    near = any(language in group and not group.isdisjoint(spoken) for group in _NEIGHBOURS)
    return LanguageFit.NEAR if near else LanguageFit.OTHER


def language_name(code: str) -> str:
    """The English name of a language; the code where it has none here."""
    return _NAMES.get(code, code)
