"""An openrc file of plain lines is read, never executed, and read as a shell would."""

import contextlib
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from evsrep.errors import ConfigError
from evsrep.settings.openrc import Openrc, read_openrc

HORIZON = """\
#!/usr/bin/env bash
# To use an OpenStack cloud you need to authenticate against the Identity service.
export OS_AUTH_URL=https://iam.eu-de.otc.t-systems.com:443/v3
# With the addition of Keystone we have standardized on the term **project**.
export OS_PROJECT_ID=5d4f394aa6dd4412b0988ac267771584
export OS_PROJECT_NAME="eu-de_prod"
export OS_USER_DOMAIN_NAME="OTC-EU-DE-000000000010000XXXXX"
if [ -z "$OS_USER_DOMAIN_NAME" ]; then unset OS_USER_DOMAIN_NAME; fi
export OS_PROJECT_DOMAIN_ID=""
if [ -z "$OS_PROJECT_DOMAIN_ID" ]; then unset OS_PROJECT_DOMAIN_ID; fi
# unset v2.0 items in case set
unset OS_TENANT_ID
unset OS_TENANT_NAME
export OS_USERNAME="alice"
# With Keystone you pass the keystone password.
echo "Please enter your OpenStack Password for project $OS_PROJECT_NAME as user $OS_USERNAME: "
read -sr OS_PASSWORD_INPUT
export OS_PASSWORD=$OS_PASSWORD_INPUT
export OS_REGION_NAME=""
# Don't leave a blank variable, unset it if it was empty
if [ -z "$OS_REGION_NAME" ]; then unset OS_REGION_NAME; fi
export OS_INTERFACE=public
export OS_IDENTITY_API_VERSION=3
"""
HOME = {"HOME": "/home/alice"}
SAMPLES = Path(__file__).parent / "openrc"
NAMES = ("OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME", "HW_SECRET_KEY", "HUAWEICLOUD_SDK_AK")

Read = Callable[[str], Openrc]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a file with that text."""
    return lambda text: read_openrc(written(tmp_path, text), HOME)


def written(folder: Path, text: str) -> Path:
    path = folder / "openrc.sh"
    path.write_bytes(text.encode())
    return path


def fault(read: Read, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return caught.value


# What the vendors' files look like


def test_horizons_file_is_read_and_the_password_is_left_to_be_asked_for(read):
    assert read(HORIZON) == Openrc(
        {
            "OS_AUTH_URL": "https://iam.eu-de.otc.t-systems.com:443/v3",
            "OS_PROJECT_ID": "5d4f394aa6dd4412b0988ac267771584",
            "OS_PROJECT_NAME": "eu-de_prod",
            "OS_USER_DOMAIN_NAME": "OTC-EU-DE-000000000010000XXXXX",
            "OS_USERNAME": "alice",
            "OS_INTERFACE": "public",
            "OS_IDENTITY_API_VERSION": "3",
        },
        left_out=(),
    )


@pytest.mark.parametrize(
    ("sample", "variables", "left_out"),
    [
        (
            "plain.sh",
            {
                "OS_AUTH_URL": "https://iam.eu-de.otc.t-systems.com:443/v3",
                "OS_USERNAME": "alice",
                "OS_USER_DOMAIN_NAME": "OTC-EU-DE-00000000001000000000",
                "OS_PROJECT_NAME": "eu-de_prod",
                "OS_REGION_NAME": "eu-de",
                "OS_CACERT": "/home/alice/ca.pem",
            },
            (),
        ),
        (
            "crlf-bom.sh",
            {"OS_AUTH_URL": "https://iam.eu-nl.otc.t-systems.com/v3", "OS_USERNAME": "bob"},
            ("OS_PASSWORD",),  # whether its $x is meant as it stands nobody knows
        ),
    ],
)
def test_a_plain_file_is_taken(sample, variables, left_out):
    assert read_openrc(SAMPLES / sample, HOME) == Openrc(variables, left_out)


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ("default-by-expansion.sh", "line 2: OS_USER_DOMAIN_NAME has a $ in it"),
        ("default-by-colon.sh", "line 1: this sets a default"),
        ("loop-of-unsets.sh", "line 1: this is a loop"),
        ("command.sh", "line 1: this is set to the output of a command"),
        ("function.sh", "line 1: this is a function"),
        ("powershell.ps1", "line 1: this is PowerShell's, no shell file"),
    ],
)
def test_any_other_file_is_refused_with_the_line_and_the_way_out(sample, words):
    with pytest.raises(ConfigError) as caught:
        read_openrc(SAMPLES / sample, HOME)
    assert words in caught.value.message
    assert caught.value.hint == "source it, then: evsrep profile import --env"


def test_the_keys_of_huawei_cloud_are_read_and_those_of_others_are_not(read):
    text = "HW_ACCESS_KEY=a HW_SECRET_KEY=b\nexport HUAWEICLOUD_SDK_AK=c AWS_SECRET_ACCESS_KEY=d"
    assert read(text).variables == {
        "HW_ACCESS_KEY": "a",
        "HW_SECRET_KEY": "b",
        "HUAWEICLOUD_SDK_AK": "c",
    }


def test_a_file_from_windows_with_a_mark_and_carriage_returns_is_read(read):
    text = "\ufeff" + HORIZON.replace("\n", "\r\n")
    assert read(text) == read(HORIZON)
    assert read("export OS_USERNAME=alice\r").variables == {"OS_USERNAME": "alice"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("export OS_X=alice", "alice"),
        ("OS_X=alice", "alice"),
        ("  export\tOS_X=alice  # and so on", "alice"),
        ("set -a\nOS_X=alice\nset +a", "alice"),
        ("OS_X=alice; export OS_X", "alice"),
        ("export OS_X=old\nexport OS_X=alice", "alice"),
        ("OS_X='a b'", "a b"),
        ("OS_X='a\\b$c`d\"e'", 'a\\b$c`d"e'),
        ('OS_X="a \\" \\$b \\` \\\\ \\c"', 'a " $b ` \\ \\c'),
        ("OS_X=a\\ b\\$c", "a b$c"),
        ("OS_X=a'b'\"c\"d", "abcd"),
        ("OS_X=a#b", "a#b"),
        ("OS_X='a'#b", "a#b"),
        ("OS_X=a=b==", "a=b=="),
        ("OS_X=a{b,c}", "a{b,c}"),
        ("export OS_X='a{b,c}'{d}", "a{b,c}{d}"),
        ("OS_X=~/ca.pem", "~/ca.pem"),
        ('OS_X="5$ and $"', "5$ and $"),
        ("OS_X=a$", "a$"),
        ("OS_X=a\u00a0b\u3000", "a\u00a0b\u3000"),
        ("USER_NAME=alice\nOS_X=$USER_NAME", "alice"),
        ('USER_NAME=alice\nOS_X="<${USER_NAME}>"', "<alice>"),
        ("printf '%s' hello\necho `date` $USER\nOS_X=alice", "alice"),
        ('OS_X="$HOME/ca.pem"', "/home/alice/ca.pem"),
        ("OS_X=${HOME}", "/home/alice"),
        ("#!/bin/sh\n\n  # OS_X=bob\nOS_X=alice;", "alice"),
        ("OS_X=alice;# bob", "alice"),
        ("unset OS_X OS_Y\nOS_X=alice", "alice"),
        ("echo hello >&2; OS_X=alice", "alice"),
    ],
)
def test_a_value_is_what_a_shell_would_make_of_it(read, text, value):
    assert read(text) == Openrc({"OS_X": value}, ())


def test_a_blank_variable_that_the_file_unsets_is_none(read):
    text = 'OS_X=\nOS_Y=a\nif [ -z "$OS_X" ]; then unset OS_X; fi\n'
    assert read(f"{text}if [ -z ${{OS_Y}} ]; then unset OS_Y; fi") == Openrc({"OS_Y": "a"}, ())


def test_nothing_is_ever_run(read, tmp_path):
    witness = tmp_path / "witness"
    read(f"echo `touch {witness}`")
    for line in (f"export OS_X=$(touch {witness})", f"OS_Y=`touch {witness}`"):
        with pytest.raises(ConfigError):
            read(line)
    assert not witness.exists()


# What is left out


def test_the_last_word_on_a_variable_counts(read):
    assert read("OS_PASSWORD=a$b\nOS_PASSWORD=alice\n") == Openrc({"OS_PASSWORD": "alice"}, ())
    assert read("OS_X=alice\nunset OS_X\n") == Openrc({}, ())


@pytest.mark.parametrize("line", [
    "read OS_PASSWORD", "read -sr OS_PASSWORD", 'read -s -p "Password of $OS_X: " OS_PASSWORD',
    "read -rsp Password: OS_PASSWORD", "read -r A\nOS_PASSWORD=a-$A",
])  # fmt: skip
def test_what_is_asked_for_is_simply_not_there(read, line):
    assert read(f"OS_X=a\nOS_PASSWORD=b\n{line}") == Openrc({"OS_X": "a"}, ())


@pytest.mark.parametrize("value", ["p$word", '"p#1 $word"', "${word}", '"$word$OS_X"'])
def test_a_secret_whose_dollar_may_be_meant_as_it_stands_is_left_out(read, value):
    found = read(f"export OS_X=a\nexport OS_PASSWORD={value}\nHW_SECRET_KEY={value}")
    assert found == Openrc({"OS_X": "a"}, left_out=("OS_PASSWORD", "HW_SECRET_KEY"))


# What is an error


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("OS_X=a\nOS_PASSWORD=hunter2 --more", "line 2: this is more than setting a variable"),
        ("export OS_PASSWORD = hunter2", "line 1: this exports what is not set above"),
        ("export OS_PASSWORD=a hunter2", "line 1: this exports what is not set above"),
        ("\n\nhunter2", "line 3: this is more than setting a variable"),
        ("{hunter2: 1}", "this is more than setting a variable"),
        ("$env:OS_PASSWORD = 'hunter2'", "this is PowerShell's, no shell file"),
        ("setenv OS_PASSWORD hunter2", "this is more than setting a variable"),
        ("set OS_PASSWORD=hunter2", "this is for the command prompt of Windows, no shell file"),
        ("SET OS_PASSWORD=hunter2", "this is for the command prompt of Windows, no shell file"),
        ("@echo off", "this is for the command prompt of Windows, no shell file"),
        ("OS_PASSWORD=<hunter2>", "this is more than setting a variable"),
        ("OS_PASSWORD=hunter&2", "this is more than setting a variable"),
        ("true && export OS_X=hunter2", "this is more than setting a variable"),
        ("echo hi\n\n. ./hunter2", "line 3: this reads another file"),
        ("source hunter2", "this reads another file"),
        ("export OS_PASSWORD=hunter{1,2}", "there are braces in it"),
        ("OS_X=hunter$two", "OS_X has a $ in it with a name that is not set above"),
        ("PATH=$PATH:/hunter2", "PATH has a $ in it with a name that is not set above"),
        ('OS_PASSWORD="hunter$$"', "OS_PASSWORD has a $ in it that a shell would expand"),
        ("A=1\nOS_X=$A\\\nhunter", "line 2: a quote is not closed"),
        ("OS_PASSWORD=${hunter:-2}", "OS_PASSWORD has a $ in it that a shell would expand"),
        ("EMAIL=${EMAIL:-hunter2}", "EMAIL has a $ in it that a shell would expand"),
        ("OS_PASSWORD=$'hunter2'", "OS_PASSWORD has a $ in it that a shell would expand"),
        ('OS_PASSWORD=$"hunter2"', "OS_PASSWORD has a $ in it that a shell would expand"),
        ('OS_PASSWORD="$(echo hunter2)"', "OS_PASSWORD is set to the output of a command"),
        ("OS_PASSWORD=`echo`", "OS_PASSWORD is set to the output of a command"),
        ("OS_PASSWORD=$(echo hunter2)", "this is set to the output of a command"),
        ("OS_PASSWORD=a-$((1 + 2))", "this is set to the output of a command"),
        ("OS_X=1\nOS_PASSWORD='hunter2\n\n", "line 2: a quote is not closed on its line"),
        ('OS_X=1\nOS_PASSWORD="hunter2\nb"', "line 2: a quote is not closed on its line"),
        ('if [ -z "$OS_X" ]; then\nOS_PASSWORD=hunter2', "line 1: this is a condition"),
        ("if [ -f /etc/bashrc ]; then . /etc/bashrc; fi", "line 1: this is a condition"),
        ('[ -n "$A" ] || A=hunter2', "line 1: this is a condition"),
        ("OS_PASSWORD=hunter2\nfi", "line 2: this is a condition"),
        ('if [ -z "$OS_X" ]; then unset OS_Y; fi', "this is a condition"),
        ('if [ -z "$OS_X" ]; then OS_Y=hunter2; fi', "this is a condition"),
        ("case $A in\n", "this is a condition"),
        ("for A in hunter2; do", "this is a loop"),
        ("function hunter2 {", "this is a function"),
        ('echo "${OS_X:=hunter2}"', "this is more than setting a variable"),
        ("echo hunter2; echo $((OS_X=1))", "this is set to the output of a command"),
        ("printf -v OS_X hunter2", "this is more than setting a variable"),
        ("echo hunter2 | read OS_X", "this is more than setting a variable"),
        ("read OS_X < hunter2", "this is more than setting a variable"),
        ("read $hunter2", "this is more than setting a variable"),
        ("unset $hunter2", "this is more than setting a variable"),
        ("export -n OS_X", "this is more than setting a variable"),
        ('declare -x OS_X="hunter2"', "this is more than setting a variable"),
        ("eval hunter2", "this is more than setting a variable"),
        ("A=" + "x" * 65536 + "\nA=" + "$A" * 100_000, "line 2: the value of A is over 64 KiB"),
        ("A=hunter2\n" + "A=$A$A\n" * 60, "line 15: the value of A is over 64 KiB long"),
    ],
)
def test_what_is_more_than_variables_is_an_error_that_says_where_and_no_secret(read, text, words):
    error = fault(read, text)
    assert words in error.message
    assert "openrc.sh, line " in error.message
    assert error.hint
    assert "hunter" not in error.message + error.hint


def test_a_file_that_is_not_there_or_not_text_or_too_large_is_an_error(tmp_path):
    for content, words in [
        (None, "can't be read: No such file or directory"),
        ("export OS_X=a".encode("utf-16"), "is not UTF-8 text"),
        (b"#" * (1024 * 1024 + 1), "is over 1 MiB"),
    ]:
        path = tmp_path / "openrc.sh"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigError, match=words):
            read_openrc(path, HOME)
    with pytest.raises(ConfigError, match="can't be read: it is no path"):
        read_openrc(Path("a\0b"), HOME)


def test_what_is_no_regular_file_is_an_error_and_nobody_waits(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, words in (
        (tmp_path, "Is a directory"),
        (pipe, "is no regular file"),
        (Path("/dev/zero"), "is no regular file"),
    ):
        with pytest.raises(ConfigError, match=words):
            read_openrc(path, HOME)


# Whatever is in it

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PIECES = st.sampled_from(
    [
        "OS_X=", "OS_Y=", "A=", "export ", "$OS_X", "${A}", "$A", "a", "b c", "\\", "'", '"', "`",
        "$(", ")", "${", "}", "$", "$'", "#", ";", "&&", "||", "\n", "\r\n", " ", "if ", "fi",
        "[ -z \"$OS_X\" ]", "; then ", "else ", "elif ", "unset ", "read ", "set ", "=", "<", "(",
    ]
)  # fmt: skip
once = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@once
@given(st.dictionaries(st.sampled_from(NAMES), TEXT.filter(lambda text: "\n" not in text)))
def test_what_is_quoted_reads_back_as_it_was(tmp_path, values):
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in values.items()]
    assert read_openrc(written(tmp_path, "".join(lines)), HOME) == Openrc(values, ())


@once
@given(st.binary(max_size=200) | st.lists(PIECES).map(lambda found: "".join(found).encode()))
@example(b"then " * 5000)
@example(b"OS_X=" + b"$(" * 5000)
def test_whatever_is_in_the_file_is_read_or_is_an_error(tmp_path, content):
    path = tmp_path / "openrc.sh"
    path.write_bytes(content)
    with contextlib.suppress(ConfigError):
        found = read_openrc(path, HOME)
        assert all(isinstance(value, str) for value in found.variables.values())


SETTING = st.lists(
    st.sampled_from(
        [
            "a", "b=c", "#", "' $OS_X\\'", '"', "\\\\", "\\ ", '\\"', "\\$", "\\a", "$OS_X",
            "${OS_X}", '"$OS_X "', '"a\\"b\\c\\$d"', '"\n"', "'\n'", "\\\n", "é", "*", "{a,b}", "$",
        ]
    ),
    max_size=6,
)  # fmt: skip
COMMANDS = st.one_of(
    SETTING.map(lambda parts: f"export OS_X={''.join(parts)}"),
    SETTING.map(lambda parts: f"OS_Y={''.join(parts)} # a comment"),
    SETTING.map(lambda parts: f'if [ -z "$OS_X" ]; then OS_Z={"".join(parts)}; else :; fi'),
    st.sampled_from(["unset OS_X", "export OS_Y", "set -a", "", 'if [ -n "$OS_Y" ]\nthen :', "fi"]),
)


@pytest.mark.tools
@settings(once, max_examples=60)
@given(st.lists(COMMANDS, max_size=6))
def test_what_is_read_is_what_bash_would_set(tmp_path, commands):
    path = written(tmp_path, "OS_X=\n" + "\n".join(commands) + "\n")
    try:
        found = read_openrc(path, {"HOME": str(tmp_path)})
    except ConfigError:
        return
    script = 'set -a; . "$0" >/dev/null && exec env -0'
    done = subprocess.run(
        ["bash", "-c", script, str(path)],
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    pairs = [entry.partition("=") for entry in done.stdout.decode().split("\0")]
    assert found.variables == {name: value for name, _, value in pairs if name.startswith("OS_")}
