"""The walk of docs/walk.md, exactly as it stands there: one joint need, from announcement to minutes."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.processes import PATIENCE_S, Place

WALK = Path(__file__).parents[2] / "docs" / "walk.md"


def blocks() -> list[str]:
    return re.findall(r"```bash\n(.*?)```", WALK.read_text(encoding="utf-8"), re.DOTALL)


BASH = shutil.which("bash")


@pytest.mark.skipif(
    not (BASH and shutil.which("curl") and shutil.which("python3")), reason="the walk takes bash, curl and python3"
)
def test_the_walk_can_be_walked_as_it_is_written(tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    script = "set -euo pipefail\n" + "\n".join(blocks())
    with place.up():
        env = place.env | {"URL": place.runtime()["web"], "PATH": f"{Path(sys.executable).parent}:{place.env['PATH']}"}
        done = subprocess.run(
            [str(BASH), "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=3 * PATIENCE_S, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    for words in (
        "1 body intends: 3,000 water meters by 2028",
        "Invitation til markedsdialog: Find leaks in drinking water pipes",
        "You are registered for",
    ):
        assert words in said
    calendar = (tmp_path / "webinar.ics").read_text(encoding="utf-8")
    assert "METHOD:PUBLISH" in calendar
    case = json.loads((tmp_path / "case.json").read_text(encoding="utf-8"))
    page = (tmp_path / "case.html").read_text(encoding="utf-8")
    for words in ("Do you accept sensors in hydrants?", "Three ways were shown. None needs digging."):
        assert words in json.dumps(case)
        assert words in page
    assert "walk-supplier-passerby" not in json.dumps(case["questions"]), "who asks is not said"
    (release,) = json.loads((tmp_path / "release.json").read_text(encoding="utf-8"))["releases"]
    assert release["tag"] == ["planning"]
    assert {"engagement"} == {milestone["type"] for milestone in release["planning"]["milestones"]}
    notified = {party["id"] for party in release["parties"] if "notifiedPotentialSupplier" in party["roles"]}
    assert notified == {"walk-supplier-listen"}
