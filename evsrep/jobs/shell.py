"""Commands as a shell reads them: what is pasted is what was meant, byte by byte."""

import shlex
from collections.abc import Iterable


def shell_join(words: Iterable[str]) -> str:
    """Return a command that a shell takes for these words."""
    return " ".join(map(shell_word, words))


def shell_word(text: str) -> str:
    """Return text as one word of bash, zsh or ksh; what can't be seen is spelled out in `$'…'`."""
    if all(map(str.isprintable, text)):
        return shlex.quote(text)
    return "$'" + "".join(map(_spelled, text)) + "'"


def _spelled(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    # three digits, since a fourth is never taken for one more; what is no UTF-8 stays as it was
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
