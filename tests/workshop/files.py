"""Which files of the repository are made from the code, and what is to be in them."""

from pathlib import Path

from evsrep.cli.completion import SHELLS, script
from evsrep.cli.root import cli
from tests.workshop.pages import pages
from tests.workshop.pictures import SCENES, picture
from tests.workshop.readme import filled

PICTURES = ".github/pictures"


def stale(root: Path) -> dict[str, str | None]:
    """Return the files that differ from what the code says, each with the text it is to have.

    None is for a file that is made no more.
    """
    made = generated(root)
    files: dict[str, str | None] = {
        path: text for path, text in made.items() if read_if_there(root / path) != text
    }
    present = [*root.glob("man/*.1"), *root.glob(f"{PICTURES}/*.svg")]
    paths = sorted(str(path.relative_to(root)) for path in present)
    return files | {path: None for path in paths if path not in made}


def generated(root: Path) -> dict[str, str]:
    """Return every generated file, by its path in the repository."""
    made = {f"man/{name}.1": text for name, text in pages().items()}
    made |= {f"completions/evsrep.{shell}": script(cli, shell) for shell in SHELLS}
    made |= {f"{PICTURES}/{name}.svg": picture(name) for name in SCENES}
    readme = read_if_there(root / "README.md")
    return made if readme is None else made | {"README.md": filled(readme)}


def read_if_there(path: Path) -> str | None:
    """Return the text of a file, None where there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else None
