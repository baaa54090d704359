"""The one spelling of a path."""

import re
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from samspil.web.addresses import IdConvertor, canonical_path, segment

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/@+\-]{0,199}", fullmatch=True)
SEGMENT = re.compile(IdConvertor.regex)


def canonical(raw: bytes) -> str:
    return canonical_path({"raw_path": raw, "path": "unused"})


@given(IDS)
def test_every_id_comes_back_from_its_segment(id_: str) -> None:
    written = segment(id_)
    assert "/" not in written
    assert SEGMENT.fullmatch(written)
    assert IdConvertor().convert(written) == id_
    assert IdConvertor().to_string(id_) == written


@given(IDS)
def test_every_encoding_of_an_id_has_the_same_spelling(id_: str) -> None:
    spellings = {
        canonical(f"/{written}".encode())
        for written in (segment(id_), quote(id_, safe=""), "".join(f"%{byte:02x}" for byte in id_.encode()))
    }
    assert spellings == {f"/{segment(id_)}"}


@given(st.binary(max_size=60))
def test_a_spelling_is_ascii_and_its_own_spelling(raw: bytes) -> None:
    once = canonical(raw)
    assert once.isascii()
    assert canonical(once.encode()) == once
    assert once.count("/") == raw.split(b"?")[0].count(b"/")


@given(st.text(max_size=30))
def test_only_ids_fit_the_place_of_an_id(text: str) -> None:
    fits = SEGMENT.fullmatch(canonical(quote(text, safe="", errors="replace").encode()))
    assert bool(fits) == bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:/@+\-]{0,199}", text))


def test_a_server_that_gives_no_raw_path_is_understood() -> None:
    assert canonical_path({"path": "/v1/needs/a b"}) == "/v1/needs/a%20b"
