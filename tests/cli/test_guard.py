"""A profile that is read_only or protected: nothing is changed, whoever asks, by either face."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import tomli_w

import evsrep
from evsrep.cli.root import cli
from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import Serve, WriteProfiles, Wsgi
from tests.conftest import Run

NEW = ("--production-disk", "db-01-log", "--dr-disk", "db-01-log-dr")
COMMANDS = {
    "create": NEW,
    "apply": ("pairs.csv",),
    "delete": ("lone",),
    "group create": ("--pair", "lone"),
    "group update": ("shop", "--description", "new"),
    "group expand": ("shop", "--pair", "data=20"),
    "group delete": ("shop", "--force"),
    "group sync": ("shop", "--force"),
    "group pause": ("shop",),
    "group failover": ("shop", "--force"),
    "group switchover": ("shop",),
    "group reprotect": ("shop", "--force"),
}


class Changes:
    """What a cloud was asked to change."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def around(self, app: Wsgi) -> Wsgi:
        """Keep what passes on its way to the cloud."""

        def answer(environ: Mapping[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
            if method != "GET" and "/auth/tokens" not in path:
                self.sent.append(f"{method} {path}")
            return app(environ, start)

        return answer


@pytest.fixture
def changes(run: Run, serve: Serve, write_profiles: WriteProfiles, home: Path) -> Changes:
    """A cloud with a pair 'data' in an active group 'shop', a pair 'lone', and three ways to it."""
    changes = Changes()
    keys = ready_profile(serve(changes.around))
    guards: dict[str, dict[str, bool]] = {
        "open": {},
        "ro": {"read_only": True},
        "prod": {"protected": True},
    }
    profiles = {name: {**keys, **guard} for name, guard in guards.items()}
    write_profiles(tomli_w.dumps({"profiles": profiles}))
    (home / "pairs.csv").write_text("production_disk,dr_disk\ndb-01-log,db-01-log-dr\n")
    for words in (
        ("create", "--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr", "--name=lone"),
        ("create", "--production-disk=example-production", "--dr-disk=example-dr", "--name=data"),
        ("wait", "lone", "--for", "active"),
        ("wait", "data", "--for", "active"),
        ("group", "create", "--name", "shop", "--pair", "data", "--wait"),
    ):
        done = run(*words, "-p", "open")
        assert done.exit_code == ExitCode.DONE, done.stderr
    changes.sent.clear()
    return changes


def words_of(command: str, home: Path) -> list[str]:
    words = [str(home / word) if word.endswith(".csv") else word for word in COMMANDS[command]]
    return [*command.split(), *words]


def test_these_are_all_commands_that_change_what_a_cloud_has() -> None:
    ours = {"profile delete"}  # changes a file
    assert set(commands_with_yes(cli)) == COMMANDS.keys() | ours


def commands_with_yes(group: click.Group, before: str = "") -> Iterator[str]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if isinstance(command, click.Group):
            yield from commands_with_yes(command, f"{before}{name} ")
        elif command and any("--yes" in param.opts for param in command.params):
            yield f"{before}{name}"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_read_only_profile_changes_nothing_whatever_is_said(
    run: Run, changes: Changes, home: Path, command: str
) -> None:
    done = run(*words_of(command, home), "-p", "ro", "--yes")
    assert done.exit_code == ExitCode.REFUSED
    assert "profile 'ro' is read_only" in done.stderr
    assert changes.sent == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_protected_profile_wants_its_name_and_yes_on_the_command_line(
    run: Run, changes: Changes, home: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    words = words_of(command, home)
    with monkeypatch.context() as patch:
        patch.setenv("EVSREP_PROFILE", "prod")
        done = run(*words, "--yes")
    assert done.exit_code == ExitCode.REFUSED
    assert "profile 'prod' is protected" in done.stderr
    done = run(*words, "-p", "prod")
    assert done.exit_code in (ExitCode.REFUSED, ExitCode.USAGE)
    assert "--yes" in done.stderr
    assert changes.sent == []
    assert "profile 'prod'" not in run(*words, "-p", "prod", "--yes").stderr
    assert len(changes.sent) >= 1


def test_a_program_changes_nothing_by_a_read_only_profile(changes: Changes) -> None:
    with evsrep.connect("ro") as cloud:
        order = evsrep.PairOrder(disks_of(cloud), "az2.dc2", "hypermetro")
        asks: list[Callable[[], object]] = [
            lambda: cloud.create_pair(order),
            lambda: evsrep.create_pair(cloud, production_disk="db-01-log", dr_disk="db-01-log-dr"),
            lambda: evsrep.delete_pair(cloud, "lone"),
            lambda: evsrep.act(cloud, "shop", "pause"),
            lambda: cloud.for_change(yes=True),
        ]
        for ask in asks:
            with pytest.raises(evsrep.Refused, match="profile 'ro' is read_only"):
                ask()
        assert {pair.name for pair in cloud.pairs()} == {"lone", "data"}
    assert changes.sent == []


def test_a_program_changes_nothing_by_a_protected_profile_that_it_did_not_name(
    run: Run, changes: Changes
) -> None:
    assert run("profile", "use", "prod").exit_code == ExitCode.DONE
    with evsrep.connect() as cloud:
        order = evsrep.PairOrder(disks_of(cloud), "az2.dc2", "hypermetro")
        asks: list[Callable[[], object]] = [
            lambda: cloud.create_pair(order),
            lambda: evsrep.create_pair(cloud, production_disk="db-01-log", dr_disk="db-01-log-dr"),
            lambda: cloud.for_change(yes=True),
        ]
        for ask in asks:
            with pytest.raises(evsrep.Refused, match="profile 'prod' is protected"):
                ask()
    assert changes.sent == []


def test_a_program_that_names_a_protected_profile_has_to_mean_it(changes: Changes) -> None:
    with evsrep.connect("prod") as cloud:
        order = evsrep.PairOrder(disks_of(cloud), "az2.dc2", "hypermetro")
        with pytest.raises(evsrep.Refused, match="profile 'prod' is protected"):
            cloud.create_pair(order)
        assert changes.sent == []
        assert cloud.for_change(yes=True).create_pair(order).status == "creating"
    assert len(changes.sent) == 1


def test_a_cloud_is_asked_inside_its_block_alone(changes: Changes) -> None:
    with evsrep.connect("open") as cloud:
        pairs = cloud.pairs(first=1)
        assert next(pairs).name
    for ask in (lambda: next(pairs), lambda: list(cloud.groups()), lambda: cloud.delete_pair("x")):
        with pytest.raises(evsrep.UsageFault, match="this cloud is closed"):
            ask()
    assert changes.sent == []


def disks_of(cloud: evsrep.Cloud) -> tuple[str, str]:
    return evsrep.find_disk(cloud, "db-01-log").id, evsrep.find_disk(cloud, "db-01-log-dr").id
