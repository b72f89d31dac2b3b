"""What is packaged says what it is."""

import re
import tomllib
from pathlib import Path

from evsrep import __version__

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_the_licence_is_the_one_that_is_named() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_changelog_is_in_the_usual_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.startswith("# Changelog\n")
    versions = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    for version in versions[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", version)
    for part in text.split("\n## ")[1:]:
        kinds = re.findall(r"^### (.+)$", part, flags=re.MULTILINE)
        assert kinds == [kind for kind in KINDS if kind in kinds]
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_what_tests_and_reads_is_in_the_source_package() -> None:
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    for path in included:
        assert (ROOT / path.lstrip("/")).exists(), path
    wanted = {"/evsrep", "/tests", "/man", "/completions", "/README.md", "/CHANGELOG.md"}
    wanted |= {"/.ci", "/.github"}
    assert wanted <= set(included)


def test_every_completion_goes_where_its_shell_looks() -> None:
    shared = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared["man"] == "share/man/man1"
    scripts = {f"completions/{path.name}" for path in (ROOT / "completions").iterdir()}
    assert set(shared) == {"man", *scripts}


def test_the_linter_hears_of_unused_arguments_and_of_docstrings_that_are_no_order() -> None:
    lint = PROJECT["tool"]["ruff"]["lint"]
    assert {"ARG", "D1", "D401"} <= set(lint["select"])
    assert not {"ARG", "D", "D1", "D401"} & set(lint["ignore"])
    assert all(path.startswith("tests/") for path in lint["per-file-ignores"])
