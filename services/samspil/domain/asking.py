"""Which sentences of a need ask for something, and which only tell how things are."""

import re

from samspil.domain.text import language_family

# Words that a buyer wishes, demands or asks with. What another language writes is taken to ask: too much is better than silence.
_WISHES = {
    "da": "skal bør vil ønsker ønske kunne må behøver brug søger leder efterspørger krav kræver gerne",
    "de": (
        "soll sollen sollte sollten muss müssen müsste wollen will möchten möchte suchen sucht brauchen braucht wünschen darf "
        "dürfen erwarten benötigen benötigt gesucht"
    ),
    "en": (
        "must should shall want wants need needs wish wishes seek seeks seeking require requires looking expect ought would may"
    ),
    "fi": (
        "haluamme haluaa halutaan pitää täytyy tulee tulisi pitäisi tarvitsemme tarvitaan tarvitsee etsimme voitava oltava "
        "saatava toivomme toivotaan saa saisi edellytämme haetaan haemme"
    ),
    "no": "skal bør vil ønsker ønske ønskjer kunne må treng trenger behøver søker søkjer leter leiter krav krever krev gjerne",
    "sv": "ska skall bör vill önskar önskas kunna måste behöver behövs får söker letar kräver krav efterfrågar gärna",
}
_ASKING = {family: re.compile(rf"\b(?:{'|'.join(words.split())})\b", re.IGNORECASE) for family, words in _WISHES.items()}


def asks(sentence: str, language: str) -> bool:
    """True if the sentence wishes, demands or asks for something; also where the words of its language are not known here."""
    pattern = _ASKING.get(language_family(language))
    return pattern is None or sentence.rstrip().endswith("?") or pattern.search(sentence) is not None
