import pytest

from samspil.domain.asking import asks
from samspil.matching.sides import need_side
from tests.factories import a_need


@pytest.mark.parametrize(
    ("language", "asked", "told"),
    [
        ("da", "Målingen skal foregå uden afbrydelse.", "To medarbejdere går ruter med lyttestok hvert forår."),
        ("sv", "Vi vill få veta var halkan uppstår.", "Rören ligger i lera, ofta två meter ner."),
        ("nb", "Løsningen må tåle matos.", "Meteorologene varsler styrtregn for hele fylket."),
        ("nn", "Læraren treng å sjå kva eleven forstod.", "Overskotsvarmen går i dag rett opp i lufta."),
        ("fi", "Hoitajan on saatava tieto heti.", "Yksin syöminen ei maistu."),
        ("de", "Es soll auch nachts funktionieren.", "Angehörige wohnen weit weg."),
        ("en", "Crews should need no more than a glance.", "A fifth of the water is lost under the streets."),
    ],
)
def test_a_wish_is_told_from_a_description(language, asked, told):
    assert asks(asked, language)
    assert not asks(told, language)


def test_a_question_asks_in_every_language_and_an_unknown_language_always_asks():
    assert asks("Hvor præcist er det?", "da")
    assert asks("Eau potable.", "fr")


def test_a_listed_effect_counts_as_a_wish_without_a_wishing_word():
    need = need_side(a_need(effects=("Losses below 8 percent.",), description="Water is lost. We want to know where."))
    assert [need.asks[place] for place in need.wishes] == ["Losses below 8 percent.", "We want to know where."]
