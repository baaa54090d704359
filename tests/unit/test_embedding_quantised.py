import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samspil.adapters.embedding.quantised import read_model
from samspil.errors import Misconfigured
from tests.unit.embedding_parts import HIDDEN, PIECES, RULES, VOCABULARY, model_bytes, tensors

WHOLE = model_bytes()
SIZES = {name: count for name, _, count, _ in tensors()}
BODY = len(WHOLE) - sum(len(data) for *_, data in tensors())  # where the tensors begin


@pytest.fixture
def read(tmp_path):
    def reading(content: bytes):
        path = tmp_path / "model.bin"
        path.write_bytes(content)
        return read_model(path)

    return reading


def test_a_file_is_read_as_it_was_written(read):
    model = read(WHOLE)
    assert model.unigrams.pieces == tuple(PIECES)
    assert model.unigrams.normaliser == RULES
    assert (model.unigrams.bos, model.unigrams.pad, model.unigrams.eos, model.unigrams.unknown) == (0, 1, 2, 3)
    assert (model.shape.hidden, model.shape.vocabulary) == (HIDDEN, VOCABULARY)
    _, _, count, data = tensors()[1]
    assert model.tensor("emb.pos", count=count).tobytes() == data


def test_a_weight_in_four_bits_is_its_half_less_eight_times_the_scale_of_its_block(read):
    name, _, count, data = tensors()[0]
    expected = []
    for start in range(0, len(data), 18):
        (scale,) = struct.unpack_from("<e", data, start)
        halves = data[start + 2 : start + 18]
        expected += [((half & 15) - 8) * scale for half in halves] + [((half >> 4) - 8) * scale for half in halves]
    np.testing.assert_allclose(read(WHOLE).tensor(name, count=count), expected, rtol=1e-6)


def test_parts_of_a_tensor_are_parts_of_the_whole(read):
    model, count = read(WHOLE), VOCABULARY * HIDDEN
    whole = model.tensor("emb.word", count=count)
    parts = [model.tensor("emb.word", count=count, start=start, stop=min(start + 64, count)) for start in range(0, count, 64)]
    assert np.array_equal(np.concatenate(parts), whole)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(end=st.integers(0, len(WHOLE) - 1))
def test_a_file_that_was_cut_is_refused_wherever_it_was_cut(read, end):
    with pytest.raises(Misconfigured, match="is damaged"):
        read(WHOLE[:end])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, BODY - 1), value=st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused_and_never_anything_else(read, place, value):
    changed = bytearray(WHOLE)
    changed[place] = value
    with suppress(Misconfigured):
        model = read(bytes(changed))
        for name, count in SIZES.items():
            assert len(model.tensor(name, count=count)) == count


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (0, b"GGUF", "does not begin as one"),
        (4, struct.pack("<I", 2), "version is 2"),
        (8, struct.pack("<i", -1), "shape"),
        (8, struct.pack("<i", 33), "shape"),
        (44, struct.pack("<i", 2**31 - 1), "number of pieces is 2147483647"),
        (48, struct.pack("<i", 99_999), "special pieces"),
        (64, struct.pack("<Q", 2**63), "ends within its pieces"),
    ],
)
def test_an_impossible_number_is_named(read, place, value, said):
    with pytest.raises(Misconfigured, match=said):
        read(WHOLE[:place] + value + WHOLE[place + len(value) :])


def test_a_missing_file_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(Misconfigured, match="pip install"):
        read_model(tmp_path / "absent.bin")


def test_a_tensor_of_another_name_or_size_is_refused(read):
    model = read(WHOLE)
    for name, count in (("emb.other", 32), ("emb.pos", 32)):
        with pytest.raises(Misconfigured, match=name):
            model.tensor(name, count=count)
