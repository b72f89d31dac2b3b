"""Text made safe to show: what a terminal would obey, or a reader be misled by, is spelled out."""

import json
import re
from typing import Any

# C0, DEL and C1 controls; marks that turn the direction of writing; line and paragraph separators;
# halves of characters that are no character
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
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


def _spelled(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
