"""Text made safe to show: what a terminal would obey, or a reader be misled by, is spelled out."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

# C0, DEL and C1 controls; marks that turn the direction of writing; line and paragraph separators;
# halves of characters that are no character
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SHORTEST_SECRET = 4
_SIGNATURE = re.compile(r"\b[0-9a-fA-F]{64}\b")
_BACKSLASH = r"(?:\\|%5[Cc])"
_URL_SAFE = str.maketrans("+/", "-_")
_COMPACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def harmless(text: str) -> str:
    """The text on one line, with everything spelled out that a terminal would act upon."""
    return _UNSAFE.sub(lambda found: _spelled(found[0]), text)


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Valid JSON that is also safe to print: C1 controls and DEL are escaped as C0 ones are."""
    text = (
        _COMPACT.encode(value)
        if indent is None
        else json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    )
    if text.isascii() and "\x7f" not in text:  # nearly always, and told at once
        return text
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_cell(value: Any, *, none: str = "", between: str = ",") -> str:
    """A value in one line: a list by its members; objects, true and false as JSON has them."""
    if value is None or value == "":
        return none
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return between.join(harmless(each) for each in value) or none
    return harmless(as_json(value)) if value != {} else none


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with each secret starred out; very short ones would star out half the language.

    What a gateway repeats of a signed request, its signature and hashes, is starred out with them.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if _SHORTEST_SECRET <= len(secret) <= len(text):  # no way of writing it is shorter
            text = _pattern(secret).sub("***", text)
    return _SIGNATURE.sub("***", text)


@cache
def _pattern(secret: str) -> re.Pattern[str]:
    """A secret however somebody may write it: escaped, in a URL, or as base64."""
    plain = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    in_base64 = (re.escape(each) for text in plain for each in _in_base64(text))
    return re.compile("|".join(("".join(map(_writings, secret)), *in_base64)))


def _in_base64(text: str) -> Iterator[str]:
    """What base64 shows of a text, wherever it stands among others."""
    from binascii import b2a_base64

    content = text.encode(errors="surrogateescape")
    for shift in range(3):
        encoded = b2a_base64(bytes(shift) + content).decode()
        shown = encoded[-(-shift * 8 // 6) : (shift + len(content)) * 8 // 6]
        yield from {shown, shown.translate(_URL_SAFE)}


def _writings(character: str) -> str:
    """A character by itself or escaped, and as its code in JSON, in Python's bytes, in a URL."""
    if character.isascii() and (character.isalnum() or character in "-._~"):
        return re.escape(character)
    utf_8, utf_16 = (character.encode(kind, "surrogatepass") for kind in ("utf-8", "utf-16-be"))
    units = (utf_16.hex()[at : at + 4] for at in range(0, 2 * len(utf_16), 4))
    in_python = f"{_BACKSLASH}+[xu]0*{ord(character):x}"
    in_json = "".join(f"{_BACKSLASH}+u{unit}" for unit in units)
    in_bytes = "".join(f"{_BACKSLASH}+x{byte:02x}" for byte in utf_8)
    in_url = "".join(f"%(?:25)*{byte:02x}" for byte in utf_8) + (r"|\+" if character == " " else "")
    return f"{_BACKSLASH}*(?:{re.escape(character)}|(?i:{in_python}|{in_json}|{in_bytes}|{in_url}))"


def _spelled(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
