"""`evsrep profile import`: what other tools have, taken over."""

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from evsrep.errors import ExitCode
from tests.conftest import Run

SAMPLES = Path(__file__).parents[1] / "settings/openrc"


@pytest.fixture
def sourced(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An openrc file, sourced."""
    for name, text in {
        "AUTH_URL": "https://iam.eu-de.example:443/v3",
        "USERNAME": "alice",
        "USER_DOMAIN_NAME": "d",
        "PASSWORD": "open sesame",
        "TENANT_NAME": "eu-de_prod",
        "AUTH_TYPE": "password",
    }.items():
        monkeypatch.setenv(f"OS_{name}", text)


def imported(home: Path) -> dict[str, dict[str, Any]]:
    path = home / ".config/evsrep/config.toml"
    found: dict[str, dict[str, Any]] = tomllib.loads(path.read_text())["profiles"]
    return found


@pytest.mark.usefixtures("sourced")
def test_import_takes_over_the_variables_and_is_named_for_the_project(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("profile", "import", "--env", "--no-test")
    assert done.exit_code == ExitCode.DONE, done.stderr
    assert imported(home) == {
        "eu-de_prod": {
            "auth_url": "https://iam.eu-de.example:443/v3",
            "username": "alice",
            "user_domain_name": "d",
            "password": "open sesame",
            "project_name": "eu-de_prod",
            "auth_type": "password",
        }
    }
    assert run("profile", "import", "--env", "--no-test", "--as", "otc").exit_code == 0
    monkeypatch.delenv("OS_TENANT_NAME")
    monkeypatch.setenv("OS_PROJECT_ID", "0" * 32)
    nameless = run("profile", "import", "--env", "--no-test")
    assert nameless.exit_code == ExitCode.USAGE
    assert "--as NAME" in nameless.stderr
    assert set(imported(home)) == {"eu-de_prod", "otc"}


def test_import_of_no_variables_says_so(run: Run, home: Path) -> None:
    done = run("profile", "import", "--env", "--as", "otc")
    assert done.exit_code == ExitCode.CONFIG
    assert "none of the OS_* variables is set" in done.stderr


@pytest.mark.usefixtures("sourced")
def test_import_refuses_a_type_by_its_name(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_AUTH_TYPE", "v3oidcpassword")
    sample = str(SAMPLES / "federated.sh")
    for words in (("--env",), ("--openrc", sample)):
        done = run("profile", "import", *words, "--as", "otc")
        assert done.exit_code == ExitCode.CONFIG
        assert "OS_AUTH_TYPE: auth_type 'v3oidcpassword' is none of" in done.stderr


@pytest.mark.parametrize("words", [
    (), ("--env", "--openrc", "x"), ("--env", "--cloud", "x"), ("--openrc", "x", "--cloud", "x"),
])  # fmt: skip
def test_import_is_from_one_place(run: Run, words: tuple[str, ...]) -> None:
    done = run("profile", "import", *words)
    assert done.exit_code == ExitCode.USAGE
    assert "give one of --env, --openrc FILE and --cloud CLOUD" in done.stderr


def test_import_of_a_file_is_named_for_its_project_or_for_itself(run: Run, home: Path) -> None:
    lines = [
        "export OS_AUTH_URL=https://iam.example",
        "export OS_USERNAME=alice OS_USER_DOMAIN_NAME=d OS_PASSWORD='open sesame'",
        "export OS_PROJECT_ID=p",
    ]
    path = home / "otc-rc.sh"
    path.write_text("\n".join(lines))
    assert run("profile", "import", "--openrc", str(path), "--no-test").exit_code == 0
    path.write_text("\n".join([*lines, "export OS_PROJECT_NAME=prod"]))
    assert run("profile", "import", "--openrc", str(path), "--no-test").exit_code == 0
    assert set(imported(home)) == {"otc-rc", "prod"}


def test_import_says_what_it_leaves_out(run: Run, home: Path) -> None:
    sample = str(SAMPLES / "crlf-bom.sh")
    done = run("profile", "import", "--openrc", sample, "--no-test")
    assert "OS_PASSWORD is left out" in done.stderr
    assert "p#1" not in done.stderr
    assert done.exit_code == ExitCode.USAGE, "the file has no domain and no project"
    assert "still missing: " in done.stderr


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_import_of_what_is_no_file_does_not_wait(run: Run, home: Path, kind: str) -> None:
    path = home / kind
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    done = run("profile", "import", "--openrc", str(path), "--as", "otc")
    assert done.exit_code == ExitCode.CONFIG
    assert {"pipe": "is no regular file", "folder": "Is a directory"}[kind] in done.stderr
