"""What Tab inserts in bash, zsh and fish: one word of the shell that means exactly what is offered.

Names come from the cloud, where anybody with access may choose them: whatever a pair is called, the
shell is to see a word, not a command, a pattern or a variable. bash inserts what it is given as it
stands, so it is quoted here; zsh and fish quote by themselves.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, NamedTuple

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

from evsrep.settings.environment import environment

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+.,/-")
"""What means itself wherever it stands in an unquoted word; letters beyond ASCII do, too."""

_SPECIAL = {'"': '\\"$`', "'": ""}
"""What a backslash takes its meaning from, by the quote around it."""


class Line(NamedTuple):
    """A line that is being typed: its words, the last of which is open, and how that is quoted.

    `kept` is how many characters of the last word the shell leaves alone: it replaces only what
    stands behind a quote that is open, or behind a character that breaks words.
    """

    words: list[str]
    quote: str
    kept: int


def read_line(line: str, breaks: str = "") -> Line:
    """Take a line apart as a shell does, without expanding anything."""
    reader = _Reader(breaks)
    characters = iter(line)
    for character in characters:
        reader.take(character, characters)
    return Line([*reader.words, reader.word], reader.quote, reader.kept)


class _Reader:
    """Where the reading of a line is."""

    def __init__(self, breaks: str) -> None:
        self.words: list[str] = []
        self.word = self.quote = ""
        self.kept = self._kept_before = 0
        self._is_begun = False
        self._breaks = frozenset(breaks) - frozenset(" \t\n\"'\\")

    def take(self, character: str, rest: Iterator[str]) -> None:
        """Take the next character, and with a backslash the one behind it."""
        if character == "\\" and self.quote != "'":
            self._escape(next(rest, ""))
        elif self.quote:
            self._take_quoted(character)
        elif character in " \t\n":
            self._end()
        elif character in "\"'":
            self._is_begun, self.quote = True, character
            self._kept_before, self.kept = self.kept, len(self.word)
        else:
            self._add(character)
            if character in self._breaks:
                self.kept = len(self.word)

    def _take_quoted(self, character: str) -> None:
        if character == self.quote:
            self.quote, self.kept = "", self._kept_before
        else:
            self._add(character)

    def _escape(self, character: str) -> None:
        is_kept = self.quote and character not in _SPECIAL[self.quote]
        self._add(f"\\{character}" if is_kept else character)

    def _add(self, text: str) -> None:
        self._is_begun = True
        self.word += text

    def _end(self) -> None:
        if self._is_begun:
            self.words.append(self.word)
        self.word, self.kept, self._kept_before, self._is_begun = "", 0, 0, False


def quoted(text: str, quote: str = "") -> str:
    """Return a text as it is written in bash: without quotes around it, or inside an open one."""
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == '"':
        text = "".join(f"\\{each}" if each in _SPECIAL['"'] else each for each in text)
        return text.replace("!", "\"'!'\"")  # which no backslash keeps from meaning the history
    return "".join(each if each in _PLAIN or not each.isascii() else f"\\{each}" for each in text)


class _Completion(ShellComplete, ABC):
    """What is alike in all three."""

    def complete(self) -> str:
        """Return what is offered, in the form that the script of the shell reads."""
        args, word = self.get_completion_args()
        given = len(args)
        items = self.get_completions(args, word)
        before = (
            f"{args[-1]}=" if len(args) > given else ""
        )  # of --option=value, Click sees a value
        return "\n".join(self._row(item, before) for item in items if _is_offered(item, word))

    def _row(self, item: CompletionItem[Any], before: str) -> str:
        whole = f"{before}{item.value}" if item.type == "plain" else item.value
        about = item.help or ""
        return self.row(item.type, whole, about if about.isprintable() else "")

    @abstractmethod
    def row(self, kind: str, word: str, about: str) -> str:
        """Return one word that is offered, and what it is."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is being typed, and that."""
        environ = environment()
        words = environ.get("COMP_WORDS", "").split("\n")
        line = read_line(environ.get("COMP_QUOTE", "") + environ.get("COMP_WORD", ""))
        return words[1:], line.words[-1]


def _is_offered(item: CompletionItem[Any], word: str) -> bool:
    """Whether it can be a word: not what a terminal would obey, nor what would be an option."""
    if item.type != "plain":
        return True
    is_option = item.value.startswith("-") and not word.startswith("-")
    return str(item.value).isprintable() and not is_option


class BashCompletion(_Completion):
    """bash, which takes what it inserts for what somebody typed."""

    name = "bash"
    source_template = """\
%(complete_func)s() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case ${line%%%%,*} in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${line#*,}") ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "${1/#\\~/$HOME}" 2>/dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is being typed, and that."""
        environ = environment()
        self._line = read_line(environ.get("COMP_LINE", ""), environ.get("COMP_WORDBREAKS", ""))
        return self._line.words[1:-1], self._line.words[-1]

    def row(self, kind: str, word: str, about: str) -> str:
        """Return one word that is offered, quoted, as far as bash replaces what was typed."""
        del about
        if kind != "plain":
            return f"{kind},"
        return f"plain,{quoted(word[self._line.kept :], self._line.quote)}"


class ZshCompletion(_Completion):
    """zsh, which quotes by itself."""

    name = "zsh"
    source_template = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a matches displays
    local kind match about
    (( $+commands[%(prog_name)s] )) || return 1
    while IFS= read -r kind && IFS= read -r match && IFS= read -r about; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain) matches+=("$match"); displays+=("$match${about:+  -- $about}") ;;
        esac
    done < <(env COMP_WORDS="${(F)${(@Q)words[1,CURRENT-1]}}" COMP_WORD="$PREFIX" \\
        COMP_QUOTE="$compstate[quote]" %(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)
    (( $#matches )) && compadd -l -V unsorted -d displays -a matches
}

if [[ $funcstack[1] == _%(prog_name)s ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

    def row(self, kind: str, word: str, about: str) -> str:
        """Return one word that is offered, and what it is."""
        return f"{kind}\n{word}\n{about}"


class FishCompletion(_Completion):
    """fish, which quotes by itself."""

    name = "fish"
    source_template = """\
function %(complete_func)s
    set -l words (commandline -opc | string collect)
    set -l word (commandline -ct)
    for line in (env COMP_WORDS="$words" COMP_WORD="$word" %(complete_var)s=fish_complete \\
            %(prog_name)s 2>/dev/null)
        set -l parts (string split --max 1 "," -- $line)
        switch $parts[1]
            case dir
                __fish_complete_directories "$parts[2]"
            case file
                __fish_complete_path "$parts[2]"
            case plain
                printf '%%s\\n' $parts[2]
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""

    def row(self, kind: str, word: str, about: str) -> str:
        """Return one word that is offered, and what it is."""
        return f"{kind},{word}" + (f"\t{about}" if about else "")


COMPLETIONS = {each.name: each for each in (BashCompletion, ZshCompletion, FishCompletion)}
"""By their shells."""


def register() -> None:
    """Have Click answer the shells by these in place of its own."""
    for completion in COMPLETIONS.values():
        add_completion_class(completion)
