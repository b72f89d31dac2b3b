"""What hides secrets: whatever is shown or logged goes through here first."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache

_SHORTEST_SECRET = 4
_SIGNATURE = re.compile(r"\b[0-9a-fA-F]{64}\b")
_BACKSLASH = r"(?:\\|%5[Cc])"
_URL_SAFE = str.maketrans("+/", "-_")


class Secrets:
    """The secrets of one run, and what hides them."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def add(self, secret: str) -> None:
        """Hide this from now on."""
        self._secrets.add(secret)

    def hide(self, text: str) -> str:
        """Return the text with each secret starred out."""
        return without_secrets(text, self._secrets)


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return the text without secrets; very short ones would star out half the language.

    What a gateway repeats of a signed request, its signature and hashes, is starred out with them.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if _SHORTEST_SECRET <= len(secret) <= len(text):  # no way of writing it is shorter
            text = _pattern(secret).sub("***", text)
    return _SIGNATURE.sub("***", text)


@cache
def _pattern(secret: str) -> re.Pattern[str]:
    """Match a secret however somebody may write it: escaped, in a URL, or as base64."""
    plain = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    in_base64 = (re.escape(shown) for text in plain for shown in _in_base64(text))
    return re.compile("|".join(("".join(map(_writings, secret)), *in_base64)))


def _in_base64(text: str) -> Iterator[str]:
    """Yield what base64 shows of a text, wherever it stands among others."""
    from binascii import b2a_base64

    content = text.encode(errors="surrogateescape")
    for shift in range(3):
        encoded = b2a_base64(bytes(shift) + content).decode()
        shown = encoded[-(-shift * 8 // 6) : (shift + len(content)) * 8 // 6]
        yield from {shown, shown.translate(_URL_SAFE)}


def _writings(character: str) -> str:
    """Match a character by itself or escaped, or as its code in JSON, Python's bytes, a URL."""
    if character.isascii() and (character.isalnum() or character in "-._~"):
        return re.escape(character)
    utf_8, utf_16 = (character.encode(kind, "surrogatepass") for kind in ("utf-8", "utf-16-be"))
    units = (utf_16.hex()[at : at + 4] for at in range(0, 2 * len(utf_16), 4))
    in_python = f"{_BACKSLASH}+[xu]0*{ord(character):x}"
    in_json = "".join(f"{_BACKSLASH}+u{unit}" for unit in units)
    in_bytes = "".join(f"{_BACKSLASH}+x{byte:02x}" for byte in utf_8)
    in_url = "".join(f"%(?:25)*{byte:02x}" for byte in utf_8) + (r"|\+" if character == " " else "")
    return f"{_BACKSLASH}*(?:{re.escape(character)}|(?i:{in_python}|{in_json}|{in_bytes}|{in_url}))"
