"""The options that every command has, and what they do wherever they stand."""

import json
import re
from itertools import product
from pathlib import Path

import pytest

from evsrep import __version__
from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import SandboxFile, Serve, WriteProfiles, requests_in
from tests.conftest import DR, EXAMPLE, PRODUCTION, FakeClock, Run
from tests.weather.shy import replacing

COMMANDS = {
    "show": ("show", "nope"),
    "create": ("create", *EXAMPLE, "--dry-run"),
    "sandbox disks": ("sandbox", "disks"),
    "auth check": ("auth", "check"),
}

# Where they stand


@pytest.mark.parametrize("words", COMMANDS.values(), ids=list(COMMANDS))
def test_options_are_taken_before_the_subcommand_and_after_it(
    run: Run, words: tuple[str, ...]
) -> None:
    options = ("-p", "sandbox", "-o", "json")
    before, after = run(*options, *words), run(*words, *options)
    assert before.exit_code == after.exit_code
    assert before.stdout.count("\n") == after.stdout.count("\n")
    if before.stdout:
        assert type(before.json) is type(after.json)
    between = run(words[0], *options, *words[1:])
    assert between.exit_code == after.exit_code


def test_the_option_further_in_wins(run: Run, pair_id: str) -> None:
    done = run("-o", "json", "-p", "nobody", "show", pair_id, "-p", "sandbox", "-o", "value")
    assert done.exit_code == ExitCode.DONE
    assert done.stdout.startswith(f"{pair_id}\t")
    done = run("-c", "name", "show", pair_id, "-p", "sandbox", "-o", "value", "-c", "id")
    assert done.stdout == f"{pair_id}\n"


def test_an_option_between_group_and_command_counts_too(run: Run) -> None:
    done = run("-o", "value", "sandbox", "-o", "json", "disks")
    assert isinstance(done.json, list)


@pytest.mark.parametrize("spelling", [
    ("-o", "json"), ("-ojson",), ("--output", "json"), ("--output=json",), ("-qo", "json"),
    ("-qojson",),
])  # fmt: skip
def test_every_spelling_of_an_option_is_one(
    sandbox: Run, pair_id: str, spelling: tuple[str, ...]
) -> None:
    assert sandbox("show", pair_id, *spelling).json["id"] == pair_id


# The environment


def test_variables_stand_in_for_options(
    run: Run, pair_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVSREP_PROFILE", "sandbox")
    monkeypatch.setenv("EVSREP_OUTPUT", "json")
    assert run("show", pair_id).json["id"] == pair_id


def test_an_option_beats_its_variable_wherever_it_stands(
    run: Run, pair_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVSREP_PROFILE", "nobody")
    monkeypatch.setenv("EVSREP_OUTPUT", "json")
    for words in (
        ("-p", "sandbox", "-o", "value", "show", pair_id),
        ("show", pair_id, "-p", "sandbox", "-o", "value"),
    ):
        done = run(*words)
        assert done.exit_code == ExitCode.DONE
        assert done.stdout.startswith(f"{pair_id}\t")


def test_an_empty_variable_is_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROFILE", "OUTPUT", "CONFIG", "TIMEOUT", "RETRIES"):
        monkeypatch.setenv(f"EVSREP_{name}", "")
    done = run("show", "nope", "-p", "sandbox")
    assert done.exit_code == ExitCode.NOT_FOUND


def test_a_variable_beats_the_profile(
    run: Run, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("profile", "set", "served", "output=json")
    words = ("auth", "check", "-p", "served")
    assert run(*words).json["profile"] == "served"
    monkeypatch.setenv("EVSREP_OUTPUT", "value")
    assert run(*words).stdout.startswith("served\t")
    assert run(*words, "-o", "jsonl").json["profile"] == "served"


@pytest.mark.parametrize(("variable", "value"), [
    ("EVSREP_OUTPUT", "yaml"), ("EVSREP_TIMEOUT", "soon"), ("EVSREP_RETRIES", "-1"),
])  # fmt: skip
def test_a_bad_variable_is_a_usage_fault(
    sandbox: Run, sandbox_file: SandboxFile, monkeypatch: pytest.MonkeyPatch,
    variable: str, value: str,
) -> None:  # fmt: skip
    monkeypatch.setenv(variable, value)
    done = sandbox("show", "nope")
    assert done.exit_code == ExitCode.USAGE
    assert value in done.stderr
    assert f"invalid value for {variable}: " in done.stderr
    assert "--" not in done.stderr.splitlines()[0], "nobody typed an option"
    assert not sandbox_file.was_asked


# The forms


def test_json_is_one_line_and_valid(sandbox: Run, pair_id: str) -> None:
    done = sandbox("show", pair_id, "-o", "json")
    assert done.stdout.count("\n") == 1
    assert done.stdout.endswith("}\n")


def test_json_decodes_what_the_api_puts_into_strings(
    sandbox: Run, pair_id: str, clock: FakeClock
) -> None:
    pair = sandbox("show", pair_id, "-o", "json").json
    assert pair["volume_ids"] == [PRODUCTION, DR]
    assert pair["record_metadata"]["volume_size"] == 10
    assert pair["progress"] is None
    clock.sleep(4)
    assert sandbox("show", pair_id, "-o", "json").json["progress"] == 50


def test_json_keeps_fields_that_nobody_knows_yet(
    run: Run, pair_id: str, serve: Serve, write_profiles: WriteProfiles
) -> None:
    url = serve(lambda app: replacing(app, b'"fault_level"', b'"moon_phase_"'))
    write_profiles(**ready_profile(url))
    assert run("show", pair_id, "-p", "served", "-o", "json").json["moon_phase_"] == "0"
    assert "moon_phase_" in run("show", pair_id, "-p", "served").stdout


def test_json_on_a_terminal_is_neither_coloured_nor_wrapped(sandbox: Run, pair_id: str) -> None:
    done = sandbox("show", pair_id, "-o", "json", terminal=True, width=40)
    assert "\x1b" not in done.stdout
    assert done.json["volume_ids"] == [PRODUCTION, DR]
    assert done.stdout.endswith("}\n")


def test_a_list_is_an_array(sandbox: Run) -> None:
    disks = sandbox("sandbox", "disks", "-o", "json").json
    assert {disk["id"] for disk in disks} >= {PRODUCTION, DR}


def test_jsonl_is_an_object_a_line(sandbox: Run, pair_id: str) -> None:
    disks = [
        json.loads(line) for line in sandbox("sandbox", "disks", "-o", "jsonl").stdout.splitlines()
    ]
    assert {disk["id"] for disk in disks} >= {PRODUCTION, DR}
    assert sandbox("show", pair_id, "-o", "jsonl").json["id"] == pair_id


def test_value_has_no_header_and_tabs_between(sandbox: Run) -> None:
    done = sandbox("sandbox", "disks", "-o", "value", "-c", "name,size,id")
    assert f"example-production\t10\t{PRODUCTION}" in done.stdout.splitlines()
    assert all(line.count("\t") == 2 for line in done.stdout.splitlines())


def test_value_keeps_the_place_of_what_is_not_there(sandbox: Run, pair_id: str) -> None:
    done = sandbox("show", pair_id, "-o", "value", "-c", "id,failure_detail,name")
    assert done.stdout == f"{pair_id}\t\tmy replication\n"


def test_a_table_in_a_pipe_is_plain_and_unwrapped(sandbox: Run, pair_id: str) -> None:
    done = sandbox("show", pair_id)
    assert f"{PRODUCTION},{DR}" in done.stdout.replace(", ", ",")
    assert "\x1b" not in done.stdout
    assert not re.search("[─│╭╰]", done.stdout)


def test_a_table_on_a_terminal_fits_its_width(sandbox: Run, pair_id: str) -> None:
    for width in (80, 200):
        done = sandbox("show", pair_id, "--no-color", terminal=True, width=width)
        assert max(map(len, done.stdout.splitlines())) <= width
        assert not re.search("[─│╭╰]", done.stdout)
        for whole in (pair_id, PRODUCTION, DR):
            assert whole in done.stdout


@pytest.mark.parametrize("words", [("show", "PAIR"), ("sandbox", "disks")])
def test_an_id_is_never_cut_however_wide_or_narrow_the_terminal(
    sandbox: Run, pair_id: str, words: tuple[str, ...]
) -> None:
    words = tuple(pair_id if word == "PAIR" else word for word in words)
    for width in range(20, 200, 11):
        done = sandbox(*words, "--no-color", terminal=True, width=width)
        for whole in (PRODUCTION, DR):
            assert whole in done.stdout


# Columns


def test_columns_are_chosen_and_ordered(sandbox: Run, pair_id: str) -> None:
    done = sandbox("show", pair_id, "-o", "json", "-c", "status,id")
    assert list(done.json.items()) == [("status", "creating"), ("id", pair_id)]
    done = sandbox("show", pair_id, "--columns", "status,id")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["status", "id"]


def test_columns_may_have_blanks_around_them(sandbox: Run, pair_id: str) -> None:
    done = sandbox("show", pair_id, "-o", "value", "-c", " id , name ")
    assert done.stdout == f"{pair_id}\tmy replication\n"


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "value"])
@pytest.mark.parametrize("words", [
    ("show", "nope"), ("create", *EXAMPLE), ("create", *EXAMPLE, "--dry-run"), ("wait", "nope"),
    ("sandbox", "disks"), ("auth", "check"), ("auth", "token"), ("profile", "list"),
])  # fmt: skip
def test_an_unknown_column_lists_those_there_are_before_anything_is_sent(
    sandbox: Run, sandbox_file: SandboxFile, words: tuple[str, ...], form: str
) -> None:
    done = sandbox(*words, "-c", "colour", "-o", form)
    assert done.exit_code == ExitCode.USAGE
    assert done.stdout == ""
    assert "colour" in done.stderr
    assert not sandbox_file.was_asked
    if words[0] in ("show", "wait"):
        for field in ("id", "name", "status", "volume_ids", "priority_station"):
            assert field in done.stderr


def test_a_dry_run_has_the_columns_of_a_request(sandbox: Run) -> None:
    done = sandbox("create", *EXAMPLE, "--dry-run", "-c", "id")
    assert done.exit_code == ExitCode.USAGE
    for field in ("method", "url", "body"):
        assert field in done.stderr


# Errors


@pytest.mark.parametrize("words", [
    ("-o", "json", "create"),
    ("create", "-o", "json"),
    ("create", "-ojson"),
    ("create", "--output", "json"),
    ("create", "--output=json"),
    ("create", "-qojson"),
    ("create", "--bogus", "-o", "json"),
    ("create", "--bogus", "-ojson"),
    ("create", "--bogus", "--output=json"),
    ("create", "--bogus", "-qo", "json"),
    ("create", "--bogus", "-vojson"),
    ("crate", "-o", "json"),
    ("-o", "json", "crate"),
    ("show", "-o", "json"),
    ("show", "one", "two", "-o", "json"),
    ("show", "one", "--retries", "many", "-o", "json"),
    ("sandbox", "serve", "--port", "high", "-o", "json"),
    ("help", "nonsense", "-o", "json"),
])  # fmt: skip
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_a_usage_fault_is_one_json_object_on_stderr(
    sandbox: Run, words: tuple[str, ...], form: str
) -> None:
    done = sandbox(*(re.sub("json$", form, word) for word in words))
    assert done.exit_code == ExitCode.USAGE
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert list(json.loads(done.stderr)) == ["error"]
    assert done.error["kind"] == "usage"
    assert done.error["exit_code"] == 2
    assert done.error["message"]
    assert set(done.error) <= {"kind", "message", "hint", "exit_code"}


@pytest.mark.parametrize("words", [("create",), ("create", "--bogus"), ("crate",), ("--bogus",)])
def test_a_usage_fault_is_json_where_the_variable_says_so(
    sandbox: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("EVSREP_OUTPUT", "json")
    assert sandbox(*words).error["kind"] == "usage"


def test_an_error_in_text_is_what_is_wrong_and_what_helps(sandbox: Run) -> None:
    done = sandbox("show", "00000000-0000-4000-8000-000000000000")
    first, second, third = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert second.startswith("help: ")
    assert "404" in third
    assert "req-" in third


def test_a_mistyped_command_gets_the_nearest_one(run: Run) -> None:
    done = run("crate")
    assert done.exit_code == ExitCode.USAGE
    assert "'create'" in done.stderr
    done = run("profile", "lst")
    assert done.exit_code == ExitCode.USAGE
    assert "'list'" in done.stderr


def test_a_form_that_is_none_lists_those_there_are(run: Run) -> None:
    done = run("profile", "list", "-o", "yaml")
    assert done.exit_code == ExitCode.USAGE
    for form in ("table", "json", "jsonl", "value"):
        assert form in done.stderr


# How much is said


def test_quiet_leaves_out_notes_and_keeps_errors(sandbox: Run, pair_id: str) -> None:
    words = ("create", *EXAMPLE, "--if-not-exists", "-o", "json")
    assert sandbox(*words).stderr != ""
    assert sandbox(*words, "-q").stderr == ""
    done = sandbox("show", "nope", "--quiet")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert "error: " in done.stderr


def test_quiet_does_not_lose_the_way_on(sandbox: Run) -> None:
    done = sandbox("create", *EXAMPLE, "--wait", "--wait-timeout", "1", "-q")
    assert done.exit_code == ExitCode.WAIT_TIMEOUT
    assert done.stderr.splitlines()[-1].startswith("resume: evsrep wait ")


def test_quiet_shows_no_progress_on_a_terminal(sandbox: Run) -> None:
    done = sandbox("create", *EXAMPLE, "--wait", "-q", "--no-color", terminal=True)
    assert done.exit_code == ExitCode.DONE
    assert done.stderr == ""


def test_debug_shows_each_request_and_answer_on_stderr(sandbox: Run, pair_id: str) -> None:
    plain, done = sandbox("show", pair_id), sandbox("show", pair_id, "--debug")
    assert done.stdout == plain.stdout
    sign_in, show = requests_in(done.stderr)
    assert sign_in == "POST /v3/auth/tokens"
    assert show.endswith(f"/os-vendor-replications/{pair_id}")
    assert re.search(r"^< HTTP 200 .* ms", done.stderr, re.MULTILINE)


def test_debug_masks_every_secret(run: Run, served: str) -> None:
    words = ("auth", "check", "-p", "served", "--debug", "-v")
    run("profile", "set", "served", "password=-", stdin="open sesame\n")
    refused = run(*words)
    assert refused.exit_code == ExitCode.AUTH
    assert "> POST " in refused.stderr
    assert "open sesame" not in refused.stderr
    run("profile", "set", "served", "password=-", stdin="just-trying\n")
    taken = run(*words)
    token = run("auth", "token", "-p", "served").stdout.strip()
    for done in (taken, run("create", *EXAMPLE, "-p", "served", "--debug")):
        assert "> POST " in done.stderr
        assert token not in done.stdout + done.stderr
        assert not re.search(r'"password": *"', done.stderr)


def test_verbose_tells_each_request_and_adds_nothing_to_stdout(sandbox: Run, pair_id: str) -> None:
    told = sandbox("show", pair_id, "-v")
    assert told.stdout == sandbox("show", pair_id).stdout
    assert [line.split()[0] for line in told.stderr.splitlines()] == ["POST", "GET"]
    assert told.stderr.endswith(f"/{pair_id}\n")


def test_the_clouds_own_words_are_told_to_programs_too(sandbox: Run) -> None:
    words = ("show", "00000000-0000-4000-8000-000000000000")
    message = sandbox(*words, "-o", "json").error["message"]
    said = re.search(r'the cloud says: "(.+)"', message)
    assert said is not None
    assert said[1] in sandbox(*words).stderr


# Colour


def test_a_terminal_gets_colours(sandbox: Run, pair_id: str) -> None:
    assert "\x1b[" in sandbox("show", pair_id, terminal=True).stdout
    assert "\x1b[" in sandbox("show", "nope", terminal=True).stderr


def test_no_color_takes_them_away(
    sandbox: Run, pair_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (("show", pair_id), ("show", "nope"), ("wait", pair_id)):
        done = sandbox(*words, "--no-color", "-q", terminal=True)
        assert "\x1b" not in done.stdout + done.stderr
    monkeypatch.setenv("NO_COLOR", "1")
    done = sandbox("show", pair_id, terminal=True)
    assert "\x1b" not in done.stdout


def test_a_pipe_never_gets_colours(sandbox: Run, pair_id: str) -> None:
    for words in (("show", pair_id), ("show", "nope"), ("sandbox", "disks"), ("--help",)):
        done = sandbox(*words)
        assert "\x1b" not in done.stdout + done.stderr


# Time-outs and tries


NO_NUMBERS = ("soon", "", "-1", "10x", "1e3", "nan", "inf", "1 2")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--timeout", "0"), *product(("--timeout", "--retries"), NO_NUMBERS)],
)
def test_a_bad_time_out_or_number_of_tries_is_told(
    sandbox: Run, sandbox_file: SandboxFile, option: str, value: str
) -> None:
    done = sandbox("show", "nope", option, value)
    assert done.exit_code == ExitCode.USAGE
    assert option in done.stderr
    assert not sandbox_file.was_asked


@pytest.mark.parametrize("value", ["90", "90s", "10m", "2h", "0.5"])
def test_a_time_out_is_a_duration(sandbox: Run, pair_id: str, value: str) -> None:
    assert sandbox("show", pair_id, "--timeout", value).exit_code == ExitCode.DONE
    assert sandbox("wait", pair_id, "--wait-timeout", value).exit_code in (
        ExitCode.DONE,
        ExitCode.WAIT_TIMEOUT,
    )


@pytest.mark.parametrize(("retries", "tries"), [("0", 1), ("1", 2), ("3", 4), (None, 4)])
def test_tries_after_the_first_are_as_many_as_told(
    run: Run, write_profiles: WriteProfiles, clock: FakeClock, retries: str | None, tries: int
) -> None:
    write_profiles(token="t" * 20, project_id="p" * 32, endpoint="http://127.0.0.1:1/")
    options = () if retries is None else ("--retries", retries)
    done = run("show", "nope", "-p", "served", "--debug", *options)
    assert done.exit_code == ExitCode.UNAVAILABLE
    assert len(requests_in(done.stderr)) == tries
    assert len(clock.slept) == tries - 1


# Which profile


def test_without_a_profile_it_says_what_to_do(run: Run) -> None:
    done = run("show", "nope", "-o", "json")
    assert done.exit_code == ExitCode.CONFIG
    assert done.error["kind"] == "config"
    assert "evsrep profile init" in done.error["hint"]
    assert "sandbox" in done.error["hint"]


@pytest.mark.parametrize("by", ["flag", "variable", "default"])
def test_a_profile_that_does_not_exist_names_those_that_do(
    run: Run, write_profiles: WriteProfiles, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    default = "default_profile = 'otcc'\n" if by == "default" else ""
    write_profiles(default + "[profiles.otc]\nauth_url = 'https://iam.example/v3'\n")
    monkeypatch.setenv("OS_AUTH_URL", "https://elsewhere.example/v3")  # never a fall-back
    if by == "variable":
        monkeypatch.setenv("EVSREP_PROFILE", "otcc")
    done = run("show", "nope", *(("-p", "otcc") if by == "flag" else ()))
    assert done.exit_code == ExitCode.CONFIG
    assert "'otcc'" in done.stderr
    assert "'otc'" in done.stderr or "otc," in done.stderr
    assert "sandbox" in done.stderr


def test_a_config_file_that_is_not_there_is_told(run: Run) -> None:
    done = run("show", "nope", "--config", "nowhere.toml")
    assert done.exit_code == ExitCode.CONFIG
    assert "nowhere.toml" in done.stderr


def test_config_says_which_file(
    run: Run, served: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = home / "elsewhere.toml"
    (home / ".config/evsrep/config.toml").rename(moved)
    assert run("auth", "check", "-p", "served").exit_code == ExitCode.CONFIG
    assert run("auth", "check", "-p", "served", "--config", str(moved)).exit_code == ExitCode.DONE
    monkeypatch.setenv("EVSREP_CONFIG", str(moved))
    assert run("auth", "check", "-p", "served").exit_code == ExitCode.DONE


# The version


@pytest.mark.parametrize("words", [("--version",), ("create", "--version"), ("auth", "--version")])
def test_version(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == ExitCode.DONE
    assert __version__ in done.stdout
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
