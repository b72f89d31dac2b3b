"""The text of a manifest, as programs save it: UTF-8, UTF-16 with its mark, whatever ends a line.

What is no text at all, or text that can't be told, is one fault that says how to save it.
"""

import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from evsrep.jobs.manifest_faults import Faults

MOST_WHOLE_BYTES = 16 * 1024 * 1024
"""Of what can only be read whole."""

_LONGEST_ROW_BYTES = 1024 * 1024
_MOST_LINES = 2_000_000  # blank ones are no pairs, and take their time all the same
_BOM = b"\xef\xbb\xbf"
_UTF_32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SAVE_AS_CSV = "open it in the program that made it and save it as 'CSV UTF-8'"
_SAVE_AS_UTF_8 = "save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
_NO_TEXT = {
    b"PK\x03\x04": "it is a workbook (.xlsx, .ods) or another ZIP archive, not text",
    b"\xd0\xcf\x11\xe0": "it is an old workbook (.xls), not text",
    b"\x1f\x8b": "it is compressed with gzip, not text",
    b"%PDF": "it is a PDF, not text",
}
_MARKUP = re.compile(rb"\s*<(!doctype|!--|html|head|body|table|meta|\?xml)", re.IGNORECASE)
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")


def text_lines(
    file: BinaryIO, faults: Faults, longest_bytes: int = _LONGEST_ROW_BYTES
) -> Iterator[str]:
    """Yield the lines with what ends them: LF, CR LF or CR; what can't be read ends it."""
    number = 0
    for number, raw in enumerate(_raw_lines(file, faults, longest_bytes), start=1):
        if len(raw) > longest_bytes:
            faults.end(
                number, f"the line is longer than {longest_bytes >> 20} MiB", "write a line a pair"
            )
            return
        if number > _MOST_LINES:
            faults.end(number, f"a file has at most {_MOST_LINES} lines: split it", "split it")
            return
        try:
            yield raw.decode()
        except UnicodeDecodeError:
            faults.end(number, "it is not UTF-8 text", _SAVE_AS_UTF_8)
            return


def whole_text(file: BinaryIO, faults: Faults, what: str) -> str:
    """Return all of a text that can only be read whole; empty where that is a fault."""
    text, size = list[str](), 0
    for line in text_lines(file, faults, MOST_WHOLE_BYTES):
        text.append(line)
        size += len(line)
        if size > MOST_WHOLE_BYTES:
            faults.end(
                0,
                f"{what} is read whole, and 16 MiB at most: use CSV or JSON Lines",
                "write a line a pair, or split it",
            )
            break
    return "" if faults.is_enough else "".join(text)


def _raw_lines(file: BinaryIO, faults: Faults, longest_bytes: int) -> Iterator[bytes]:
    rest = file.readline(longest_bytes + 1).removeprefix(_BOM)
    fault = next((fault for mark, fault in _NO_TEXT.items() if rest.startswith(mark)), "")
    if _MARKUP.match(rest):
        fault = "it is an HTML or XML page, whatever its ending says"
    if fault:
        faults.end(0, fault, _SAVE_AS_CSV)
        return
    if rest.startswith((*_UTF_32, *_UTF_16)):
        file, rest = _as_utf_8(rest, file, faults), b""
    elif b"\x00" in rest[:4]:
        faults.end(
            0, "it is not UTF-8 text, but seems to be UTF-16 without its mark", _SAVE_AS_UTF_8
        )
        return
    while True:
        piece = file.readline(longest_bytes + 1)
        lines = _LINE.findall(rest)
        # a CR at the end of what was read may have its LF yet to come
        is_whole = not piece or rest.endswith(b"\n")
        rest = b"" if is_whole or not lines else lines.pop()
        yield from lines
        if len(rest) > longest_bytes:
            yield rest
            return
        rest += piece
        if not rest:
            return


def _as_utf_8(first: bytes, file: BinaryIO, faults: Faults) -> BinaryIO:
    """Return the rest of a text whose mark says what it is, as UTF-8."""
    raw = first + file.read(2 * MOST_WHOLE_BYTES + 1 - len(first))
    name = "UTF-32" if raw.startswith(_UTF_32) else "UTF-16"
    if len(raw) > 2 * MOST_WHOLE_BYTES:
        faults.end(0, f"{name} is read whole, and 32 MiB at most", _SAVE_AS_UTF_8)
        return io.BytesIO()
    try:
        return io.BytesIO(raw.decode(name).encode())
    except UnicodeError:
        faults.end(0, f"it begins as {name} text does, and is none", _SAVE_AS_UTF_8)
        return io.BytesIO()
