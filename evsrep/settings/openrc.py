"""An openrc file, read and never executed.

A small part of the shell's language is understood: setting variables, quotes, names that the file
itself has set before, and what the vendors' files have around that. Whatever goes beyond it is an
error rather than a guess. No error repeats what the file says: any of it may be a secret.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from evsrep.errors import ConfigError

_MOST_BYTES = 1024 * 1024
_LONGEST_VALUE = 64 * 1024  # a token is kilobytes; A=$A$A, line after line, is not a value
_HINT = "it is to have lines such as: export OS_USERNAME='alice' (special characters in quotes)"
_HINT_DOLLAR = "write it out; a $ that is meant as it stands goes into single quotes"
_KEPT = re.compile(r"(?:OS|HUAWEICLOUD_SDK|HW)_")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)")
_BRACES = re.compile(r"\{.*(?:,|\.\.).*\}")
_WITHOUT_EFFECT = frozenset({"echo", "printf", "alias", "unalias", "shopt", ":", "true"})


class Openrc(NamedTuple):
    """The variables that a file sets, and the names of those that only running it would tell."""

    variables: dict[str, str]
    left_out: tuple[str, ...]


def read_openrc(path: Path) -> Openrc:
    """Read what the file sets of `OS_*`, `HUAWEICLOUD_SDK_*` and `HW_*`.

    What the file asks for while it runs, as Horizon's does for the password, is simply not in it.
    A `~` stays one: whoever opens the path knows whose home it means.
    Raises ConfigError, with the line, for what is more than variables.
    """
    text = _read_text(path)
    reading = _Reading()
    at = 0
    try:
        for command in _commands(text):
            at = command.at
            reading.follow(command.words)
        reading.close()
    except _NotUnderstood as fault:
        line = text.count("\n", 0, at if fault.at is None else fault.at) + 1
        raise ConfigError(
            f"the openrc file {path}, line {line}: {fault.what}", hint=fault.hint or _HINT
        ) from None
    kept = {name: value for name, value in reading.scope.items() if _KEPT.match(name)}
    return Openrc(
        {name: value for name, value in kept.items() if isinstance(value, str)},
        tuple(name for name, value in kept.items() if value is _Unknown.RUN),
    )


class _Kind(Enum):
    """What a part of a word is."""

    BARE = "as it stands"
    QUOTED = "quoted or escaped"
    NAME = "a variable's value"
    RUN = "the output of a command"
    ODD = "an expansion that is not worked out here"
    OPERATOR = "a word of its own, such as > or ||"


class _Unknown(Enum):
    """Why a variable's value is not known."""

    ASKED = "the file asks whoever runs it"
    RUN = "a command would tell it"


class _Part(NamedTuple):
    kind: _Kind
    text: str


_Word = tuple[_Part, ...]
_Value = str | _Unknown


class _Command(NamedTuple):
    """A simple command: where in the text it begins, and its words."""

    at: int
    words: list[_Word]


class _NotUnderstood(Exception):
    """The file is more than variables; `at` is where, if not where the command begins."""

    def __init__(self, what: str, hint: str = "", at: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.at = at


class _NotSet(Exception):
    """A value needs a variable that the file has not set, or an expansion not worked out here."""


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no path"
        raise ConfigError(
            f"the openrc file {path} can't be read: {reason}",
            hint="check the path and its permissions",
        ) from None
    if len(content) > _MOST_BYTES:
        raise ConfigError(f"the openrc file {path} is over 1 MiB, too large to be one", hint=_HINT)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"the openrc file {path} is not UTF-8 text", hint=_HINT) from None


class _Reading:
    """What the commands read so far have set, and which branches of an `if` we are in."""

    def __init__(self) -> None:
        self.scope: dict[str, _Value] = {}
        self._branches: list[bool | None] = []  # taken, not taken, or None: it can't be told

    def follow(self, words: list[_Word]) -> None:
        """Take in one more command."""
        for _ in range(2):  # such as `else if`
            if words and (keyword := _KEYWORDS.get(_bare_text(words[0]))):
                words = keyword(self, words[1:])
        if not words or False in self._branches or _bare_text(words[0]) in _WITHOUT_EFFECT:
            return
        if None in self._branches:
            self._forget(words)
        else:
            self._do(words)

    def close(self) -> None:
        """Come to the end of the file."""
        if self._branches:
            raise _NotUnderstood("an 'if' has no 'fi'")

    def if_(self, condition: list[_Word]) -> list[_Word]:
        self._branches.append(_truth(condition, self.scope))
        return []

    def elif_(self, condition: list[_Word]) -> list[_Word]:
        self._pop()
        self._branches.append(None)
        return []

    def else_(self, rest: list[_Word]) -> list[_Word]:
        was = self._pop()
        self._branches.append(None if was is None else not was)
        return rest

    def then(self, rest: list[_Word]) -> list[_Word]:
        self._branches.append(self._pop())
        return rest

    def fi(self, rest: list[_Word]) -> list[_Word]:
        self._pop()
        return []

    def _pop(self) -> bool | None:
        if not self._branches:
            raise _NotUnderstood("there is no 'if' to this")
        return self._branches.pop()

    def _do(self, words: list[_Word]) -> None:
        if any(part.kind is _Kind.OPERATOR for word in words for part in word):
            raise _NotUnderstood("this is more than setting a variable")
        if _assigned(words[0]):
            for word in words:
                self._assign(word)
            return
        deed = _DEEDS.get(_text(words[0]))
        if deed is None:
            raise _NotUnderstood("this is not setting a variable")
        deed(self, words[1:])

    def _export(self, words: list[_Word]) -> None:
        """`export NAME`, of a variable set before, changes nothing here; nor does a flag."""
        for word in words:
            text = _text(word)
            if _BRACES.search("".join(part.text for part in word if part.kind is _Kind.BARE)):
                raise _NotUnderstood("this has braces that a shell may make several words of")
            if not _is_name(text) and not text.startswith("-"):
                self._assign(word)

    def _unset(self, words: list[_Word]) -> None:
        for word in words:
            self.scope.pop(_text(word), None)

    def _read(self, words: list[_Word]) -> None:
        for name in filter(_is_name, map(_text, words)):
            self.scope[name] = _Unknown.ASKED

    def _set(self, words: list[_Word]) -> None:
        """The shell's `set` has options, such as -a; that of Windows has variables."""
        if any("=" in part.text for word in words for part in word):
            raise _NotUnderstood("this is for the command prompt of Windows")

    def _source(self, words: list[_Word]) -> None:
        hint = "import that file instead, or put its lines into this one"
        raise _NotUnderstood("this reads another file, which is not followed", hint)

    def _assign(self, word: _Word) -> None:
        found = _assigned(word)
        if found is None:
            raise _NotUnderstood("this is not a variable's name, a '=' and a value without blanks")
        name, value = found
        try:
            self.scope[name] = _value(value, self.scope)
        except _NotSet:
            if _KEPT.match(name):
                what = f"{name} has a $ in it for something that the file has not set before"
                raise _NotUnderstood(what, _HINT_DOLLAR) from None
            self.scope.pop(name, None)

    def _forget(self, words: list[_Word]) -> None:
        """Pass over a command that may or may not be run, and what it would have set."""
        for word in words:
            found = _assigned(word)
            name = found[0] if found else _text(word)
            if _KEPT.match(name):
                raise _NotUnderstood("whether this is set depends on a condition")
            self.scope.pop(name, None)


_KEYWORDS: Mapping[str, Callable[[_Reading, list[_Word]], list[_Word]]] = {
    "if": _Reading.if_,
    "then": _Reading.then,
    "elif": _Reading.elif_,
    "else": _Reading.else_,
    "fi": _Reading.fi,
}
_DEEDS: Mapping[str, Callable[[_Reading, list[_Word]], None]] = {
    **dict.fromkeys(("export", "declare", "typeset", "readonly"), _Reading._export),
    **dict.fromkeys(("set", "SET"), _Reading._set),
    **dict.fromkeys((".", "source"), _Reading._source),
    "unset": _Reading._unset,
    "read": _Reading._read,
}


def _truth(condition: list[_Word], scope: Mapping[str, _Value]) -> bool | None:
    """Whether `[ -z "$NAME" ]` or `[ -n "$NAME" ]` holds; None where that can't be told."""
    match [_text(word) for word in condition]:
        case ["[", "-z" | "-n" as test, _, "]"] | ["[[", "-z" | "-n" as test, _, "]]"]:
            operand = condition[2]
        case ["test", "-z" | "-n" as test, _]:
            operand = condition[2]
        case _:
            return None
    unset = {part.text: "" for part in operand if _KEPT.match(part.text)}
    try:
        value = _value(operand, {**unset, **scope})
    except _NotSet:
        return None
    return None if isinstance(value, _Unknown) else (value == "") is (test == "-z")


def _assigned(word: _Word) -> tuple[str, _Word] | None:
    """The name and the value of a word like NAME=value; None for another one."""
    found = _ASSIGNMENT.fullmatch(word[0].text) if word[0].kind is _Kind.BARE else None
    if found is None:
        return None
    return found[1], (_Part(_Kind.BARE, found[2]), *word[1:])


def _value(parts: _Word, scope: Mapping[str, _Value]) -> _Value:
    """A word with its variables put in; raises _NotSet where one is not known."""
    values = [_part_value(part, scope) for part in parts]
    for unknown in (_Unknown.RUN, _Unknown.ASKED):
        if unknown in values:
            return unknown
    texts = [value for value in values if isinstance(value, str)]
    if sum(map(len, texts)) > _LONGEST_VALUE:
        raise _NotUnderstood("this value is over 64 KiB long")
    return "".join(texts)


def _part_value(part: _Part, scope: Mapping[str, _Value]) -> _Value:
    if part.kind is _Kind.RUN:
        return _Unknown.RUN
    if part.kind is _Kind.NAME and part.text in scope:
        return scope[part.text]
    if part.kind in (_Kind.BARE, _Kind.QUOTED):
        return part.text
    raise _NotSet


def _text(word: _Word) -> str:
    """A word's text, if nothing has to be put into it; else empty."""
    is_plain = all(part.kind in (_Kind.BARE, _Kind.QUOTED) for part in word)
    return "".join(part.text for part in word) if is_plain else ""


def _bare_text(word: _Word) -> str:
    return _text(word) if all(part.kind is _Kind.BARE for part in word) else ""


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


# From here on: out of text, words. The standard library's shlex takes quotes off without telling
# '$A' from "$A", so it can't be used.

_DOLLAR = r"""
      (?P<cut> \$ [A-Za-z0-9_]* \\\r?\n )
    | \$ (?P<name> [A-Za-z_][A-Za-z0-9_]* | [0-9@*\#?$!-] )
    | \$\{ (?P<braced> [A-Za-z_][A-Za-z0-9_]* ) \}
    | (?P<odd> \$\{ )
    | (?P<run> \$\( | ` )
"""
_BARE = rf"""
      (?P<blank> [ \t]+ )
    | (?P<joined> \\\r?\n )
    | (?P<end> ; (?!;) | && | \r?\n | \r\Z )
    | (?P<operator> [;&|<>()] )
    | ' (?P<single> [^']* ) '
    | (?P<double> \$?" )
    | (?P<coded> \$' (?: [^'\\] | \\[\s\S] )* ' )
    | \\ (?P<escaped> [\s\S] )
    | {_DOLLAR}
    | (?P<plain> (?: [^ \t\r\n'"\\$`;&|<>()] | \r (?!\n|\Z) )+ | \\ | \$(?!') )
"""
_IN_WORD = re.compile(_BARE, re.VERBOSE)
_BETWEEN = re.compile(rf"\#[^\n]* | {_BARE}", re.VERBOSE)  # only here a # begins a comment
_IN_DOUBLE = re.compile(
    rf"""
      (?P<double> " )
    | (?P<joined> \\\r?\n )
    | \\ (?P<escaped> [$`"\\] )
    | {_DOLLAR}
    | (?P<plain> [^"\\$`]+ | [\\$] )
    """,
    re.VERBOSE,
)
_CLOSED_BY = {"$(": ")", "(": ")", "${": "}", '"': '"', "`": "`"}
_WITHIN = {  # by what closes it: what to look out for inside it, quotes in command in quotes …
    ")": re.compile(r"""\\[\s\S]|'[^']*'|\$\{|["`()]"""),
    "}": re.compile(r"""\\[\s\S]|'[^']*'|\$[({]|["`}]"""),
    '"': re.compile(r"""\\[\s\S]|\$[({]|["`]"""),
    "`": re.compile(r"""\\[\s\S]|`"""),
}
_LITERAL = {
    "single": _Kind.QUOTED,
    "escaped": _Kind.QUOTED,
    "plain": _Kind.BARE,
    "name": _Kind.NAME,
    "braced": _Kind.NAME,
}


def _commands(text: str) -> Iterator[_Command]:
    """The simple commands of the text; `;`, `&&` and the line's end come after one.

    `&&` is as good as `;`: whatever is understood before it succeeds, or is a condition.
    """
    command = _Command(0, [])
    for at, word in _words(text):
        if word:
            command = command if command.words else _Command(at, [])
            command.words.append(word)
        elif command.words:
            yield command
            command = _Command(at, [])


def _words(text: str) -> Iterator[tuple[int, _Word]]:
    """The words of the text, and where they begin; an empty one is the end of a command."""
    at, start, word = 0, 0, list[_Part]()
    while at < len(text):
        found = _match(_IN_WORD if word else _BETWEEN, text, at)
        if found.lastgroup in ("blank", "operator", "end"):
            if word:
                yield start, tuple(word)
                word = []
            if found.lastgroup == "operator":
                yield at, (_Part(_Kind.OPERATOR, ""),)
            if found.lastgroup == "end":
                yield at, ()
        elif not word:
            start = at
        at, parts = _parts(text, found)
        word += parts
    yield start, tuple(word)
    yield at, ()


def _parts(text: str, found: re.Match[str]) -> tuple[int, list[_Part]]:
    """The parts of a word that begin where `found` does, and where they end."""
    kind = str(found.lastgroup)
    if kind in _LITERAL:
        return found.end(), [_Part(_LITERAL[kind], found[kind])]
    if kind == "double":
        return _double_quoted(text, found)
    if kind in ("cut", "coded"):
        return found.end(), [_Part(_Kind.ODD, "")]
    if kind in ("run", "odd"):
        part = _Part(_Kind.RUN if kind == "run" else _Kind.ODD, "")
        return _skip(text, found), [part]
    return found.end(), []


def _double_quoted(text: str, opening: re.Match[str]) -> tuple[int, list[_Part]]:
    parts = [_Part(_Kind.QUOTED, "")]
    at = opening.end()
    while at < len(text):
        found = _match(_IN_DOUBLE, text, at)
        if found.lastgroup == "double":
            return found.end(), parts
        at, inner = _parts(text, found)
        parts += [p._replace(kind=_Kind.QUOTED) if p.kind is _Kind.BARE else p for p in inner]
    raise _not_closed(opening.start())


def _skip(text: str, opening: re.Match[str]) -> int:
    """Where a substitution ends; what is inside it is not read."""
    at, closers = opening.end(), [_CLOSED_BY[opening[0]]]
    while closers:
        found = _WITHIN[closers[-1]].search(text, at)
        if found is None:
            raise _not_closed(opening.start())
        at = found.end()
        if found[0] == closers[-1]:
            closers.pop()
        elif found[0] in _CLOSED_BY:
            closers.append(_CLOSED_BY[found[0]])
    return at


def _match(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str]:
    found = pattern.match(text, at)
    if found is None:  # every character begins something, save a quote without its other end
        raise _not_closed(at)
    return found


def _not_closed(at: int) -> _NotUnderstood:
    return _NotUnderstood("a quote or bracket is opened here and never closed", at=at)
