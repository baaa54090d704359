"""`ocds`: a need or joint need as open data, asked of the API with the token that there is."""

from pathlib import Path

from samspil import ids
from samspil.bootstrap import Settings, opened_api
from samspil.cli.acting import path_of
from samspil.cli.console import EXIT_OK, OUT, fail, print_json, shown
from samspil.domain.ocds import encoded


async def ocds(*, need_id: str, to: Path | None, as_json: bool) -> int:
    """Print the release package, or write it to a file."""
    root = "/v1/joint-needs" if need_id.startswith(ids.JOINT_PREFIX) else "/v1/needs"
    async with opened_api(Settings()) as api:
        package = await api.ask("GET", path_of(root, need_id, "ocds"))
    if to is None:
        print_json(package)
        return EXIT_OK
    _write(to, encoded(package))
    release = package["releases"][0]
    if as_json:
        print_json({"file": to, "ocid": release["ocid"], "release": release["id"]})
    else:
        OUT.print(f"{shown(to)} holds the release {shown(release['id'])}.", soft_wrap=True)
    return EXIT_OK


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise fail(f"{file} cannot be written: {error.strerror}.", hint="Name another file with --out.") from None
