"""An openrc file of plain lines, read and never executed.

`export NAME=value` is understood, and what vendors' files have around it to ask for a password.
Whatever else could set a variable is an error rather than a guess: a shell can read it, and its
variables can be taken over from there. No error repeats what the file says beyond the name of a
variable: any of it may be a secret.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from evsrep.errors import ConfigError
from evsrep.settings.declarations import SHELLS_SECRETS
from evsrep.settings.files import read_regular

_MOST_BYTES = 1024 * 1024
_LONGEST_VALUE = 64 * 1024  # a token is kilobytes; A=$A$A, line after line, is not a value
_HINT = "source it, then: evsrep profile import --env"
_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_KEPT = re.compile(r"(?:OS|HUAWEICLOUD_SDK|HW)_")
_ASSIGNMENT = re.compile(rf"({_NAME})=(.*)")
_QUOTED = r"""'[^']*'|"(?:\\.|[^"\\])*"|\\."""
_TOKEN = re.compile(
    rf"(?P<word>(?!#)(?:{_QUOTED}|[^ \t'\"\\;&|<>()])+)|(?P<end>;)|[ \t]+|#.*|[12]?>&[12]"
)
_DOLLAR = rf"\$(?P<name>{_NAME})|\$\{{(?P<braced>{_NAME})\}}|(?P<run>\$\(|`)"
_OUTSIDE = re.compile(
    rf"{_DOLLAR}|(?P<odd>\$['\"\[{{\d*@#?!$-])|(?P<quote>\")"
    r"|'(?P<literal>[^']*)'|\\(?P<escaped>.)|(?P<plain>.)"
)
_IN_QUOTES = re.compile(
    rf"{_DOLLAR}|(?P<odd>\$[\[{{\d*@#?!$-])|(?P<quote>\")|\\(?P<escaped>[\"$`\\])|(?P<plain>.)"
)
_BRACES = re.compile(r"\{.*(?:,|\.\.).*\}")
_SETS_SOMETHING = re.compile(r"printf -v|.*(?:\$\{\w+:?=|\$\(\(|\$\[)")
_UNSET_IF_BLANK = re.compile(  # Horizon's line
    rf'if \[ -z "?\$\{{?(?P<name>{_NAME})\}}?"? \]; *then unset (?P=name); *fi'
)
_OTHER_LINES = (  # what a line is that is not plain, by how it begins
    (r"\$env:", "this is PowerShell's, no shell file"),
    (r"@|set\s+\w+=|rem\b", "this is for the command prompt of Windows, no shell file"),
    (r"function\b|[\w-]+\s*\(\)", "this is a function"),
    (r"(for|while|until|do|done)\b", "this is a loop"),
    (r"(if|then|elif|else|fi|case|esac)\b|\[", "this is a condition"),
    (r"(\.|source)\s", "this reads another file"),
    (r":", "this sets a default"),
    (r"[^#]*(\$\(|`)", "this is set to the output of a command"),
    (r"", "this is more than setting a variable"),
)


class Openrc(NamedTuple):
    """The variables that a file sets, and the names of secrets that only a shell could tell."""

    variables: dict[str, str]
    left_out: tuple[str, ...]


class _NotPlain(Exception):
    """A line is more than a plain one; the text says what it is, without what it says."""


class _NotSet(_NotPlain):
    """A value has a name in it that the file has not set."""


def read_openrc(path: Path, environ: Mapping[str, str]) -> Openrc:
    """Return what the file sets of `OS_*`, `HUAWEICLOUD_SDK_*` and `HW_*`.

    Of `environ` only HOME counts. What the file asks for while it runs, as Horizon's does for the
    password, is simply not in it; a secret with a `$` in it that may be meant as it stands is left
    out. Raises ConfigError, with the line, for what is more than plain lines.
    """
    reading = _Reading({"HOME": environ["HOME"]} if environ.get("HOME") else {})
    lines = (line.strip(" \t\r") for line in _read_text(path).split("\n"))
    for number, line in enumerate(lines, 1):
        try:
            reading.follow(line)
        except _NotPlain as fault:
            kinds = (kind for start, kind in _OTHER_LINES if re.match(start, line, re.IGNORECASE))
            message = f"the openrc file {path}, line {number}: {str(fault) or next(kinds)}"
            raise ConfigError(message, hint=_HINT) from None
    kept = {name: value for name, value in reading.scope.items() if _KEPT.match(name)}
    variables = {name: value for name, value in kept.items() if value is not None}
    return Openrc(variables, tuple(name for name in reading.left_out if name not in variables))


def _read_text(path: Path) -> str:
    try:
        return read_regular(path, _MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        message = f"the openrc file {path} can't be read: {error.strerror}"
        raise ConfigError(message, hint=f"check the path; or {_HINT}") from None
    except UnicodeDecodeError:
        hint = "save it as UTF-8"
        raise ConfigError(f"the openrc file {path} is not UTF-8 text", hint=hint) from None


class _Reading:
    """What the lines read so far have set; None is what whoever runs the file is asked for."""

    def __init__(self, scope: dict[str, str | None]) -> None:
        self.scope = scope
        self.left_out: list[str] = []

    def follow(self, line: str) -> None:
        """Take in one more line; raises _NotPlain for what is more than a plain one."""
        if blank := _UNSET_IF_BLANK.fullmatch(line):
            if self.scope.get(blank["name"]) == "":
                del self.scope[blank["name"]]
        else:
            for command, *words in _commands(line):
                self._run(command, words)

    def _run(self, command: str, words: list[str]) -> None:
        if command in ("echo", "printf"):
            if _SETS_SOMETHING.match(" ".join((command, *words))):
                raise _NotPlain
        elif command == "read":
            self.scope |= dict.fromkeys(_asked_for(words))
        elif command == "unset":
            for name in map(_checked_name, words):
                self.scope.pop(name, None)
        elif command == "export":
            self._export(words)
        elif [command, *words] not in (["set", "-a"], ["set", "+a"]):
            for word in (command, *words):
                self._set(word)

    def _export(self, words: list[str]) -> None:
        for word in words:
            if "=" in word:
                if _BRACES.search(re.sub(_QUOTED, "", word)):
                    raise _NotPlain("there are braces in it, which a shell may expand")
                self._set(word)
            elif _checked_name(word) not in self.scope:
                raise _NotPlain("this exports what is not set above")

    def _set(self, word: str) -> None:
        assignment = _ASSIGNMENT.fullmatch(word)
        if assignment is None:
            raise _NotPlain
        name, quoted = assignment.groups()
        try:
            parts = list(self._parts(name, quoted))
        except _NotSet:
            if name not in SHELLS_SECRETS:
                raise
            self.left_out.append(name)
            parts = [None]
        if sum(len(part or "") for part in parts) > _LONGEST_VALUE:
            raise _NotPlain(f"the value of {name} is over 64 KiB long")
        self.scope[name] = None if None in parts else "".join(part or "" for part in parts)

    def _parts(self, name: str, quoted: str) -> Iterator[str | None]:
        """Yield what a value is made of, without its quotes; None where it is asked for."""
        at, is_quoted = 0, False
        while part := (_IN_QUOTES if is_quoted else _OUTSIDE).match(quoted, at):
            at, kind = part.end(), str(part.lastgroup)
            if kind == "quote":
                is_quoted = not is_quoted
            elif kind == "run":
                raise _NotPlain(f"{name} is set to the output of a command")
            elif kind == "odd":
                raise _NotPlain(f"{name} has a $ in it that a shell would expand")
            elif kind not in ("name", "braced"):
                yield part[kind]
            elif part[kind] in self.scope:
                yield self.scope[part[kind]]
            else:
                raise _NotSet(f"{name} has a $ in it with a name that is not set above")


def _commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each command of a line, as they are quoted."""
    at, words = 0, list[str]()
    while at < len(line):
        token = _TOKEN.match(line, at)
        if token is None:
            raise _NotPlain("a quote is not closed on its line" if line[at] in "'\"\\" else "")
        at = token.end()
        if token["word"]:
            words.append(token["word"])
        elif token["end"] and words:
            yield words
            words = []
    if words:
        yield words


def _asked_for(words: list[str]) -> Iterator[str]:
    """Yield the names that `read` reads into; its `-p` is followed by a word that is shown."""
    before = ""
    for word in words:
        if not word.startswith("-") and not re.fullmatch("-[a-z]*p", before):
            yield _checked_name(word)
        before = word


def _checked_name(word: str) -> str:
    if not re.fullmatch(_NAME, word):
        raise _NotPlain
    return word
