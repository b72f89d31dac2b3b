"""An openrc file is read, never executed, and read as a shell would."""

import contextlib
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

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
OTC = """\
# .ostackrc file
if [ -f /etc/bashrc ]; then
        . /etc/bashrc
fi
alias rm='rm -i'
export OS_USERNAME="alice"
export OS_USER_DOMAIN_NAME=OTC-EU-DE-000000000010000XXXXX
export OS_PASSWORD='it'\\''s $ecret' # optional
export OS_TENANT_NAME=eu-de
export OS_PROJECT_NAME=${OS_TENANT_NAME}_prod
export OS_AUTH_URL=https://iam.eu-de.otc.t-systems.com:443/v3
export OS_USER_ID=
export NOVA_ENDPOINT_TYPE=publicURL
"""
NAMES = ("OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME", "HW_SECRET_KEY", "HUAWEICLOUD_SDK_AK")

Read = Callable[[str], Openrc]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a file with that text."""
    return lambda text: read_openrc(written(tmp_path, text))


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


def test_the_file_of_open_telekom_cloud_is_read(read):
    assert read(OTC).variables == {
        "OS_USERNAME": "alice",
        "OS_USER_DOMAIN_NAME": "OTC-EU-DE-000000000010000XXXXX",
        "OS_PASSWORD": "it's $ecret",
        "OS_TENANT_NAME": "eu-de",
        "OS_PROJECT_NAME": "eu-de_prod",
        "OS_AUTH_URL": "https://iam.eu-de.otc.t-systems.com:443/v3",
        "OS_USER_ID": "",
    }


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
        ("set -euo pipefail; OS_X=alice", "alice"),
        ('declare -x OS_X="alice"', "alice"),
        ("OS_X=alice; export OS_X", "alice"),
        ("true && export OS_X=alice", "alice"),
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
        ('OS_X="two\nlines"', "two\nlines"),
        ("OS_X=al\\\nice", "alice"),
        ('OS_X="al\\\nice"', "alice"),
        ("export \\\n  OS_X=alice", "alice"),
        ('OS_X=$"alice"', "alice"),
        ('OS_X="5$ and $"', "5$ and $"),
        ("OS_X=a$", "a$"),
        ("OS_X=a\\", "a\\"),
        ("OS_X=a\rb", "a\rb"),
        ("USER_NAME=alice\nOS_X=$USER_NAME", "alice"),
        ('USER_NAME=alice\nOS_X="<${USER_NAME}>"', "<alice>"),
        ("printf '%s' hello\n: nothing\nOS_X=alice", "alice"),
        ("echo hello >&2; OS_X=alice", "alice"),
        ("PATH=$PATH:/opt/bin\nOS_X=alice", "alice"),
        ("EMAIL=${EMAIL:-'a \"}b'}\nOS_X=alice", "alice"),
    ],
)
def test_a_value_is_what_a_shell_would_make_of_it(read, text, value):
    assert read(text) == Openrc({"OS_X": value}, ())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('if [ -n "$OS_Y" ]; then OS_X=taken; fi', "old"),
        ('if [ -z "$OS_Y" ]; then OS_X=taken; fi', "taken"),
        ("if [[ -z $OS_X ]]; then OS_X=taken; else OS_X=other; fi", "other"),
        ('if test -n "$OS_X"\nthen\n  OS_X=taken\nelse\n  OS_X=other\nfi', "taken"),
        ('if [ -n "$OS_Y" ]; then if [ -n "$OS_X" ]; then OS_X=taken; fi; fi', "old"),
        ('if [ -n "$OS_Y" ] && [ -n "$OS_X" ]; then OS_X=taken; fi', "old"),
        ("if [ -f /etc/bashrc ]; then . /etc/bashrc; else echo none; fi", "old"),
        ('if [ -n "$BASH_VERSION" ]; then shopt -s nullglob; foo; fi', "old"),
        ('if [ -z "${HOME:-}" ]; then cd /; elif foo; then bar | baz; else foo; fi', "old"),
    ],
)
def test_conditions_on_what_the_file_sets_are_followed(read, text, value):
    assert read(f"OS_X=old\n{text}\n") == Openrc({"OS_X": value}, ())


# What is left out


@pytest.mark.parametrize(
    "command",
    [
        "$(pass show otc)",
        '"$(pass show "otc (prod)" | head -n 1)"',
        "`pass show otc`",
        '"`pass show \\`whoami\\``"',
        "$(echo \")\" ')' \\) $(echo `date`) ${A:-)})",
        "prefix-$((1 + (2 * 3)))-suffix",
    ],
)
def test_a_command_in_a_value_is_not_run_and_its_variable_is_named(read, command):
    found = read(f"export OS_PASSWORD={command}\nexport OS_USERNAME=alice\n")
    assert found == Openrc({"OS_USERNAME": "alice"}, left_out=("OS_PASSWORD",))


def test_nothing_is_ever_run(read, tmp_path):
    witness = tmp_path / "witness"
    read(f"export OS_X=$(touch {witness})\nexport OS_Y=`touch {witness}`\necho $(touch {witness})")
    assert not witness.exists()


def test_what_follows_from_a_command_is_left_out_too(read):
    text = "SECRET=$(pass show otc)\nread -r NAME\nOS_PASSWORD=$SECRET\nOS_USERNAME=$NAME-$SECRET"
    assert read(text) == Openrc({}, left_out=("OS_PASSWORD", "OS_USERNAME"))


def test_the_last_word_on_a_variable_counts(read):
    assert read("OS_X=$(date)\nOS_X=alice\n") == Openrc({"OS_X": "alice"}, ())
    assert read("OS_X=$(date)\nunset OS_X\n") == Openrc({}, ())


def test_what_is_asked_for_is_simply_not_there(read):
    text = 'if [ -z "$OS_PASSWORD" ]; then read -s -p "Password: " OS_PASSWORD; fi\nOS_X=a'
    assert read(text) == Openrc({"OS_X": "a"}, ())


# What is an error


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("OS_X=a\nOS_PASSWORD=hunter2 --more", "line 2: this is not a variable's name"),
        ("export OS_PASSWORD = hunter2", "line 1: this is not a variable's name"),
        ("\n\nhunter2", "line 3: this is not setting a variable"),
        ("{hunter2: 1}", "this is not setting a variable"),
        ("$env:OS_PASSWORD = 'hunter2'", "this is not setting a variable"),
        ("setenv OS_PASSWORD hunter2", "this is not setting a variable"),
        ("set OS_PASSWORD=hunter2", "this is for the command prompt of Windows"),
        ("SET OS_PASSWORD=hunter2", "this is for the command prompt of Windows"),
        ("OS_PASSWORD=<hunter2>", "this is more than setting a variable"),
        ("OS_PASSWORD=hunter&2", "this is more than setting a variable"),
        ("echo hi\n\n. ./hunter2", "line 3: this reads another file"),
        ("source hunter2", "this reads another file"),
        ("export OS_PASSWORD=hunter{1,2}", "this has braces"),
        ("OS_PASSWORD=hunter$two", "OS_PASSWORD has a $ in it"),
        ('OS_PASSWORD="hunter$$"', "OS_PASSWORD has a $ in it"),
        ("A=1\nOS_PASSWORD=$A\\\nhunter", "OS_PASSWORD has a $ in it"),
        ("OS_PASSWORD=${hunter:-2}", "OS_PASSWORD has a $ in it"),
        ("OS_PASSWORD=$'hunter\\'2'", "OS_PASSWORD has a $ in it"),
        ("OS_X=1\nOS_PASSWORD='hunter2\n\n", "line 2: a quote or bracket is opened here"),
        ('OS_X=1\nOS_PASSWORD="hunter2\n\n', "line 2: a quote or bracket is opened here"),
        ("OS_X=1\nOS_PASSWORD=$'hunter\\'\n\n", "line 2: a quote or bracket is opened here"),
        ("OS_X=1\nOS_PASSWORD=\\\n$(hunter2", "line 3: a quote or bracket is opened here"),
        ('if [ -z "$OS_X" ]; then\nOS_PASSWORD=hunter2', "line 2: an 'if' has no 'fi'"),
        ("OS_PASSWORD=hunter2\nfi", "line 2: there is no 'if' to this"),
        ("OS_X=1; then OS_PASSWORD=hunter2", "line 1: there is no 'if' to this"),
        ("else OS_PASSWORD=hunter2", "line 1: there is no 'if' to this"),
        ("if hunter2; then\nexport OS_PASSWORD=a; fi", "line 2: whether this is set depends"),
        ('if [ -z "$HOME" ]; then unset OS_PASSWORD; fi', "whether this is set depends"),
        ("read A\nif [ -z $A ]; then OS_PASSWORD=hunter2; fi", "whether this is set depends"),
        ("A=1\nif foo; then A=hunter2; fi\nOS_PASSWORD=$A", "line 3: OS_PASSWORD has a $"),
        ("A=1\nA=$hunter2\nOS_PASSWORD=$A", "line 3: OS_PASSWORD has a $"),
        ("A=$(date)\nA=hunter2\n" + "A=$A$A\n" * 60, "this value is over 64 KiB long"),
    ],
)
def test_what_is_more_than_variables_is_an_error_that_says_where_and_no_secret(read, text, words):
    error = fault(read, text)
    assert words in error.message
    assert "openrc.sh, line " in error.message
    assert error.hint
    assert "hunter" not in error.message + error.hint


def test_a_dollar_that_is_meant_as_it_stands_gets_its_own_hint(read):
    assert fault(read, "OS_PASSWORD=pa$word").hint == (
        "write it out; a $ that is meant as it stands goes into single quotes"
    )


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
            read_openrc(path)
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        read_openrc(tmp_path)
    with pytest.raises(ConfigError, match="can't be read: it is no path"):
        read_openrc(Path("a\0b"))


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
@given(st.dictionaries(st.sampled_from(NAMES), TEXT))
def test_what_is_quoted_reads_back_as_it_was(tmp_path, values):
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in values.items()]
    assert read_openrc(written(tmp_path, "".join(lines))) == Openrc(values, ())


@once
@given(st.binary(max_size=200) | st.lists(PIECES).map(lambda found: "".join(found).encode()))
@example(b"then " * 5000)
@example(b"OS_X=" + b"$(" * 5000)
def test_whatever_is_in_the_file_is_read_or_is_an_error(tmp_path, content):
    path = tmp_path / "openrc.sh"
    path.write_bytes(content)
    with contextlib.suppress(ConfigError):
        found = read_openrc(path)
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
        found = read_openrc(path)
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
