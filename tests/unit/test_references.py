import pytest

from samspil.domain.references import key_of, names_of
from samspil_schemas import Source
from tests.factories import a_statement

NOTICE = "099ed52d-de8a-47b9-becc-4a5bec643770"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{NOTICE}-01", f"eforms:{NOTICE}"),
        (f"{NOTICE.upper()}-02", NOTICE),
        ("2023/S 193-601506", "601506-2023"),
        ("2023/S193-601506", "00601506-2023"),
        ("https://ted.europa.eu/en/notice/-/detail/601506-2023", "601506-2023"),
        ("http://ted.europa.eu/udl?uri=TED:NOTICE:601506-2023:TEXT:EN:HTML", "601506-2023"),
        ("https://www.Nordby.example/leaks/#top", "http://nordby.example/leaks"),
        (" joint:one ", "joint:one"),
    ],
)
def test_the_same_publication_has_one_key_however_it_is_cited(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("601506-2023", "601507-2023"),
        ("https://nordby.example/leaks?id=1", "https://nordby.example/leaks?id=2"),
        ("https://nordby.example/601506-2023", "601506-2023"),
        ("https://nordby.example/Leaks", "https://nordby.example/leaks"),
        ("need-A", "need-a"),
    ],
)
def test_what_may_be_another_publication_has_another_key(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


@pytest.mark.parametrize("odd", ["http://[", "https://", "-", "0-0000"])
def test_whatever_is_cited_has_a_key(odd: str) -> None:
    assert isinstance(key_of(odd), str)


def test_a_need_can_be_cited_by_its_id_and_by_all_that_its_source_says() -> None:
    source = Source(kind="eforms", reference=f"{NOTICE}-02", number="601506-2023", url="https://nordby.example/1")
    assert names_of("need-1", a_statement(source=source)) == {"need-1", NOTICE, "601506-2023", "nordby.example/1"}
    assert names_of("need-1", a_statement()) == {"need-1"}
