"""The JSON of every command, keys and values, held against tests/golden.

Where a change is meant, this writes the files anew, to be looked through as any other change:

    WRITE_GOLDEN=1 python -m pytest -n 0 tests/cli/test_golden_json.py
"""

import json
import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from evsrep.cli.root import cli
from evsrep.errors import EXIT_CODES
from evsrep.sandbox.profile import ready_profile
from evsrep.sandbox.seed import seed_disks, seed_servers
from tests.cli.conftest import UNKNOWN, Serve, WriteProfiles
from tests.conftest import DR, PRODUCTION, Done, FakeClock, Real, Run
from tests.weather.shy import answering

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

GOLDEN = Path(__file__).parents[1] / "golden"
WRITES = "WRITE_GOLDEN" in os.environ

Story = tuple[str | int, ...]  # what is typed, and the seconds that go by in between

DB = "--production-disk db-01-data --dr-disk db-01-data-dr"
LOG = "--production-disk db-01-log --dr-disk db-01-log-dr"
EXAMPLE = "--production-disk example-production --dr-disk example-dr"
SHARED = "--production-disk shared-01-data --dr-disk shared-01-data-dr"
SCRATCH = (
    "--production-disk 0134ced5-f80a-40f7-95c4-0369915473bb "
    "--dr-disk 1e10eee1-890a-41b9-b3c9-7b9036d346a2"
)
EXAMPLE_IDS = f"--production-disk {PRODUCTION} --dr-disk {DR}"

PAIRS: Story = (
    "list",
    f"create {EXAMPLE} --name example --description 'as documented' --dry-run",
    f"create {EXAMPLE} --name example --description 'as documented'",
    f"create {EXAMPLE} --name example --if-not-exists",
    f"create {DB} --name db --wait",
    f"create {LOG} --name log -c id,status",
    "apply {home}/pairs.csv --dry-run",
    "apply {home}/pairs.csv --jobs 1 --wait",
    "apply {home}/pairs.csv --jobs 1 -o jsonl",
    4,
    "show example",
    "show db -o jsonl",
    "wait example",
    "wait example --for active --wait-timeout 1h",
    "list",
    "list --priority-station az2.dc2 --sort name --limit 2 -o jsonl",
    "disks --server db-01",
    "disks --zone az2.dc2 --limit 1 -o jsonl",
    "disks --fits mail-01-data",
    "disks --match shop-01 shop-01-dr",
    "disks --match db-01 shop-01-dr",
    "create --production-disk db-02-data --dr-zone az2.dc2 --dry-run",
    "create --production-disk rare-type-data --dr-zone az3.dc3 --yes",
    "health",
    "health -o jsonl",
    "export",
    "export --format jsonl",
    "delete log --yes",
    "delete web db --yes --wait",
    f"delete {UNKNOWN} --yes --ignore-missing",
    "list",
    "journal",
    "journal --since 1h -o jsonl",
)
GROUPS: Story = (
    f"create {SHARED} --name shared --wait",
    f"create {SCRATCH} --name scratch --wait",
    "group list",
    "group create --name shop --description 'sells' --pair shared",
    "group wait shop --for active",
    "group show shop",
    "group list -o jsonl",
    "group update shop --add scratch --pause --wait",
    "group update shop --name market",
    60,
    "list --group market",
    "group ready market --for failover",
    "group ready market --for reprotect",
    "health market",
    "group switchover market --expect-primary az1.dc1 --yes --wait",
    "group pause market --wait",
    "group pause market",
    "health",
    "group expand market --pair shared=600 --pair scratch=30",
    60,
    "group sync market --wait",
    "sdrs plan market",
    "group failover market --yes --force --wait",
    "group reprotect market --yes",
    "group wait market --for active",
    "export --groups",
    "group update market --remove scratch --pause --no-sync --wait",
    "group update market --remove shared --wait",
    "group delete market --yes --wait",
    f"group delete {UNKNOWN} --yes",
    "journal",
)
SETTINGS: Story = (
    "profile path",
    "profile init away --auth-url https://iam.invalid/v3 --region eu-de "
    "--username alice --user-domain-name OTC-EU-DE --password-command 'pass show otc' "
    "--project-name eu-de_prod --no-test",
    "profile set away timeout=30",
    "profile list",
    "profile list -o jsonl",
    "profile show away",
    "profile show sandbox",
    "profile unset away timeout",
    "profile use away",
    "auth check",
    "auth check -o jsonl",
    "auth token",
    "auth logout",
    "sandbox disks",
    "sandbox disks -c id,name -o jsonl",
    "doctor",
    "doctor -o jsonl",
    "explain 37100041",
    "explain EVS.1002 -o jsonl",
    "explain error",
    "explain 8",
    "help exit-codes",
    "help exit-codes -o jsonl",
    "profile delete away --yes",
    "profile list",
)
FAILURES: Story = (
    "create",
    "create --production-disk a --dr-disk a --replication-model magic",
    "create --colour red",
    "crate",
    "list -c colour",
    "group ready shop --for tea",
    "apply {home}/bad.csv",
    "apply {home}/bad.csv --format jsonl",
    "apply {home}/worse.csv",
    f"delete {UNKNOWN}",
    "show example -p nobody",
    "show example -p lacking",
    "auth check -p wrong",
    "list -p forbidden",
    "show exmaple",
    f"show {UNKNOWN}",
    "create --production-disk nope --dr-disk example-dr",
    "create --production-disk scratch --dr-disk example-dr",
    "explain 4711",
    "help tea",
    "list -p without",
    "create --production-disk odd-size-data --dr-disk odd-type-data-dr",
    f"create {EXAMPLE} --name example",
    "delete example --yes",
    f"create {EXAMPLE}",
    f"create {EXAMPLE} --no-check",
    f"create {EXAMPLE} --priority-station az1.dc1 --if-not-exists",
    f"create {DB} -p protected",
    f"create {DB} -p read-only",
    "group create --name shop --pair example",
    60,
    "group create --name shop --pair example --wait",
    "group reprotect shop --yes",
    "group reprotect shop --yes --force",
    "group failover shop --yes",
    "group reprotect shop",
    "group switchover shop --expect-primary az3.dc3 --yes",
    "group update shop --add example",
    "group expand shop --pair example=20",
    "group ready shop --for update",
    "group wait shop --for tea",
    "group delete shop --yes",
    "delete example --yes",
    "show example -p unreachable --retries 0",
    "health -p unreachable --retries 0",
    "doctor -p unreachable --retries 0",
    f"create {EXAMPLE_IDS} --priority-station az2.dc2 --no-check -p forgetful",
    f"create {EXAMPLE_IDS} --priority-station az2.dc2 --no-check -p forgetful -o jsonl",
    "create --production-disk link-down --dr-disk link-down-dr --wait",
    "create --production-disk link-down --dr-disk link-down-dr --if-not-exists",
    "create --production-disk group-full --dr-disk group-full-dr --name full --wait",
    "group create --name full --pair full --wait",
    f"create {DB} --name db --wait --wait-timeout 2",
    "wait db --for active --wait-timeout 1",
    "apply {home}/pairs.csv --jobs 1",
    "apply {home}/pairs.csv --jobs 1 --wait --wait-timeout 1 -o jsonl",
    60,
    f"delete log {UNKNOWN} --yes",
    f"delete log {UNKNOWN} --yes -o jsonl",
    "list",
    "journal",
)


@pytest.fixture
def files(home: Path) -> None:
    """Write what the commands read."""
    header = "production_disk,dr_disk,name"
    rows = (
        "web-01-data,web-01-data-dr,web",
        "db-01-log,db-01-log-dr,log",
        "example-production,example-dr,else",
        "odd-size-data,odd-size-data-dr,odd",
    )
    (home / "pairs.csv").write_text("\n".join((header, *rows, "")))
    (home / "bad.csv").write_text(f"{header},colour\na,a,x,red\n")
    (home / "worse.csv").write_text(f"{header}\na,a,x\nb,,y\n")


@pytest.fixture
def clouds(files: None, serve: Serve, write_profiles: WriteProfiles, home: Path) -> None:
    """Offer clouds that fail, each in a way of its own, and a profile for each."""
    pairs = "os-vendor-replications"
    keys = ready_profile(serve())
    profiles = {
        "lacking": {"auth_url": keys["auth_url"]},
        "wrong": {**keys, "password": "guessed"},
        "protected": {**keys, "protected": True},
        "read-only": {**keys, "read_only": True},
        "unreachable": {**keys, "auth_url": "http://127.0.0.1:1/v3"},
        "forbidden": ready_profile(serve(lambda app: answering(app, "403 Forbidden", path=pairs))),
        "without": ready_profile(serve(lambda app: answering(app, "404 Not Found", path=pairs))),
        "forgetful": ready_profile(serve(losing)),
    }
    import tomli_w

    write_profiles(tomli_w.dumps({"profiles": profiles}))


def losing(app: "WSGIApplication") -> "WSGIApplication":
    """A cloud that answers neither a create nor a look for what came of it."""
    return answering(app, "500 Internal Server Error", path="os-vendor-replications")


def test_pairs(files: None, run: Run, clock: FakeClock, home: Path) -> None:
    lines = record(PAIRS, run, clock, home)
    assert lines == stored("pairs", lines)


def test_groups(run: Run, clock: FakeClock, home: Path) -> None:
    lines = record(GROUPS, run, clock, home)
    assert lines == stored("groups", lines)


def test_settings(run: Run, clock: FakeClock, home: Path) -> None:
    lines = record(SETTINGS, run, clock, home)
    assert lines == stored("settings", lines)


def test_failures(clouds: None, run: Run, clock: FakeClock, home: Path) -> None:
    lines = record(FAILURES, run, clock, home)
    assert lines == stored("failures", lines)


def test_interruptions(run: Run, clock: FakeClock, home: Path) -> None:
    run("create", *shlex.split(EXAMPLE), "--name", "example", "--wait", "-p", "sandbox")
    lines = record(("delete example",), lambda *words: run(*words, typed=""), clock, home)
    assert lines == stored("interruptions", lines)


def test_a_full_disk(real: Real, clock: FakeClock, home: Path) -> None:
    def run_onto_a_full_disk(*words: str) -> Done:
        with Path("/dev/full").open("w") as full:
            done = real(*words, capture_output=False, stdout=full, stderr=-1)
        return Done(done.returncode, "", done.stderr)

    lines = record(("explain 8", "sandbox disks"), run_onto_a_full_disk, clock, home)
    assert lines == stored("full-disk", lines)


# That nothing is left out


def entries() -> list[dict[str, Any]]:
    """All that is stored."""
    return [entry for path in GOLDEN.glob("*.json") for entry in json.loads(path.read_text())]


def shaped_commands() -> Iterator[tuple[str, ...]]:
    """The commands that have a result."""

    def below(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if not isinstance(command, click.Group):
            if getattr(command, "shape", None) is not None:
                yield path
            return
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            inner = command.get_command(ctx, name)
            assert inner is not None
            yield from below(inner, (*path, name))

    return below(cli, ())


@pytest.mark.parametrize("command", [*shaped_commands()], ids=" ".join)
def test_every_command_with_a_result_has_its_entry(command: tuple[str, ...]) -> None:
    typed = [
        tuple(entry["typed"].split()[: len(command)]) for entry in entries() if entry["stdout"]
    ]
    assert command in typed


@pytest.mark.parametrize("kind", [kind for row in EXIT_CODES for kind in row.kinds])
def test_every_kind_of_error_has_its_entry(kind: str) -> None:
    row = next(row for row in EXIT_CODES if kind in row.kinds)
    errors = [entry["error"] for entry in entries() if entry["error"]]
    assert (kind, row.code) in [(error["kind"], error["exit_code"]) for error in errors]


# What is stored


def record(story: Story, run: Callable[..., Done], clock: FakeClock, home: Path) -> list[str]:
    """Type the commands of a story, and return the lines to be stored."""
    normalise = Normaliser(home)
    entries = []
    for step in story:
        if isinstance(step, int):
            clock.sleep(step)
            continue
        words = shlex.split(step.replace("{home}", str(home)))
        words += [] if "-p" in words else ["-p", "sandbox"]
        words += [] if "-o" in words else ["-o", "json"]
        done = run(*words)
        assert "Traceback" not in done.stderr
        entries.append(normalise(shlex.join(words), done))
    return ["[", *",\n".join(entries).splitlines(), "]"]


def stored(name: str, lines: list[str]) -> list[str]:
    """Return the lines that are stored under this name, written first where that is asked for."""
    path = GOLDEN / f"{name}.json"
    if WRITES:
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path.read_text(encoding="utf-8").splitlines()


class Normaliser:
    """Writes down what a command came to, without what differs from run to run."""

    def __init__(self, home: Path) -> None:
        self._home = home
        ids = (UNKNOWN, *(disk.id for disk in seed_disks()), *(one.id for one in seed_servers()))
        self._names = {name: name for name in ids}

    def __call__(self, typed: str, done: Done) -> str:
        """Return an entry as JSON, a row a line."""
        last = re.search(
            r'\{"error": .*\}$', done.stderr, re.MULTILINE
        )  # perhaps behind a question
        error = json.loads(last[0])["error"] if last else None
        rows = [_row(line) for line in done.stdout.splitlines()]
        stdout = _block(rows[0] if "-o json " in f"{typed} " and len(rows) == 1 else rows)
        lines = (
            f' "typed": {json.dumps(typed, ensure_ascii=False)},',
            f' "exit_code": {done.exit_code},',
            f' "stdout": {stdout},',
            f' "error": {_block(error)}',
        )
        return self._plain("{\n" + "\n".join(lines) + "\n}")

    def _plain(self, text: str) -> str:
        for pattern, shown in _VARYING.items():
            text = re.sub(pattern, shown, text)
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+", lambda at: re.sub(r"\d", "0", at[0]), text)
        return re.sub(_UUID, self._name, text.replace(str(self._home), "<home>"))

    def _name(self, found: re.Match[str]) -> str:
        """Number the IDs that were made on the way, as they appear."""
        number = sum(name.startswith("<") for name in self._names.values()) + 1
        return self._names.setdefault(found[0], f"<id {number}>")


_UUID = r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
_VARYING = {
    r"127\.0\.0\.1:(?!1\b)\d+": "127.0.0.1:<port>",
    r"localhost is [^\"]+": "localhost is <address>",
    r"\breq-[0-9a-f-]+": "<request>",
    r'"token": "[^"]+"': '"token": "<token>"',
}


def _row(line: str) -> Any:
    """Read a line of JSON; a file's line that is none stays as it is."""
    return json.loads(line) if line.startswith(("{", "[")) else line


def _block(value: Any) -> str:
    """Write a value down as JSON: a thing's fields, or a list's rows, each on a line."""
    if not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        rows = [json.dumps(row, ensure_ascii=False) for row in value]
        return "[\n  " + ",\n  ".join(rows) + "\n ]"
    rows = [f"{json.dumps(key)}: {json.dumps(v, ensure_ascii=False)}" for key, v in value.items()]
    return "{\n  " + ",\n  ".join(rows) + "\n }"
