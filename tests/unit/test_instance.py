import stat

import pytest

from samspil.bootstrap.instance import Runtime, announced, held, is_held, make_data_dir, running_on
from samspil.errors import Misconfigured


def test_a_data_directory_has_one_holder(tmp_path):
    with held(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(Misconfigured, match="Another Samspil"), held(tmp_path):
            pass
    assert not is_held(tmp_path)
    with held(tmp_path):
        pass


def test_only_its_owner_can_read_where_an_instance_runs(tmp_path):
    runtime = Runtime(pid=1, broker="127.0.0.1:9092", web="http://127.0.0.1:8000", token="sams_x")
    with held(tmp_path), announced(tmp_path, runtime):
        assert running_on(tmp_path) == runtime
        assert stat.S_IMODE((tmp_path / "runtime.json").stat().st_mode) == 0o600
    assert running_on(tmp_path) is None


def test_what_a_killed_instance_left_behind_is_not_taken_for_a_running_one(tmp_path):
    (tmp_path / "lock").touch()
    (tmp_path / "runtime.json").write_text('{"pid": 1, "broker": "127.0.0.1:1"}')
    assert running_on(tmp_path) is None


def test_a_broken_runtime_file_is_as_good_as_none(tmp_path):
    with held(tmp_path):
        (tmp_path / "runtime.json").write_text("{")
        assert running_on(tmp_path) is None


def test_a_data_directory_is_private(tmp_path):
    made = make_data_dir(tmp_path / "a" / "b")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_file_in_the_way_is_said_in_words(tmp_path):
    (tmp_path / "x").touch()
    with pytest.raises(Misconfigured, match="cannot be made"):
        make_data_dir(tmp_path / "x")
