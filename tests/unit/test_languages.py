import pytest

from samspil.domain.languages import language_fit, language_name
from samspil_schemas import LanguageFit


@pytest.mark.parametrize(
    ("need", "spoken", "fit"),
    [
        ("da", ("en", "da"), LanguageFit.SPOKEN),
        ("nn", ("nb",), LanguageFit.SPOKEN),
        ("no", ("nn",), LanguageFit.SPOKEN),
        ("da", ("sv",), LanguageFit.NEAR),
        ("nb", ("da", "de"), LanguageFit.NEAR),
        ("fi", ("sv",), LanguageFit.OTHER),
        ("sv", ("fi", "en"), LanguageFit.OTHER),
        ("de", (), LanguageFit.OTHER),
    ],
)
def test_a_profile_has_the_language_a_neighbour_of_it_or_neither(need, spoken, fit):
    assert language_fit(need, spoken) is fit


def test_a_language_is_called_by_its_name_or_its_code():
    assert (language_name("da"), language_name("xx")) == ("Danish", "xx")
