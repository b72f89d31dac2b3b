"""What a setting's value may be, whoever brings it: a file, a variable, a flag, an import."""

import re
from datetime import UTC, datetime, timedelta
from os import PathLike
from typing import Any

from evsrep.settings.declarations import MOST_RETRIES, Setting

_LONGEST_SECONDS = 366 * 24 * 3600
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_UTF_8 = re.compile(r"[\ud800-\udfff]")
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?", re.ASCII)


def parse(setting: Setting, text: str) -> Any:
    """Return the value that a word of a command line, or of the environment, stands for.

    Raises ValueError with what is wrong, to be said after the setting's name.
    """
    value = _READERS.get(setting.kind, str)(text)
    fault = fault_of(setting, value)
    if fault:
        raise ValueError(fault)
    return value


def fault_of(setting: Setting, value: Any) -> str:
    """Return what is wrong with a value, to be said after the setting's name; empty if nothing."""
    if setting.kind == "flag":
        return "" if isinstance(value, bool) else "is neither true nor false"
    if setting.kind == "seconds":
        fits = _is_number(value) and 0 < value <= _LONGEST_SECONDS
        return "" if fits else "is no number of seconds above 0, and at most a year's"
    if setting.kind == "count":
        fits = isinstance(value, int) and not isinstance(value, bool)
        return "" if fits and 0 <= value <= MOST_RETRIES else "is no number from 0 to 100"
    if setting.kind == "file" and isinstance(value, PathLike):
        value = str(value)
    if not isinstance(value, str):
        return "is not text"
    return "" if setting.kind == "name" else _text_fault(setting, value)


def _text_fault(setting: Setting, value: str) -> str:
    if setting.choices and value not in setting.choices:
        return f"'{value}' is none of {', '.join(setting.choices)}"
    if _CONTROL.search(value):
        return "has a control character in it"
    if _NOT_UTF_8.search(value):
        return "is not UTF-8 text"
    if setting.kind == "header" and not value.isascii():
        return "has a letter in it that is not ASCII"
    return url_fault(value) if setting.kind == "url" and value else ""


def url_fault(text: str) -> str:
    """Return what keeps a text from being an http(s) URL; empty if nothing does.

    The text is not repeated, for there may be a password in it.
    """
    from urllib.parse import urlsplit

    try:
        url = urlsplit(text.strip())
        host, _ = url.hostname or "", url.port  # which is only looked at when it is asked for
    except ValueError:
        return "is not a URL: its host or port is wrong (an IPv6 address goes into brackets)"
    if "@" in text.replace(url.netloc, "", 1):
        return "is not a URL: in a password, write '/' as %2F, '#' as %23, '?' as %3F, '@' as %40"
    if url.scheme.startswith("socks"):
        return "is neither http:// nor https://: SOCKS proxies are not spoken"
    if url.scheme not in ("http", "https") or not host:
        return "is not an http(s) URL, such as https://iam.eu-de.otc.t-systems.com/v3"
    if "[" in url.netloc:
        return "" if _is_ipv6(host) else "is not a URL: what is in brackets is no IPv6 address"
    return "" if _HOST.fullmatch(host) else "is not a URL: its host is wrong"


_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_in(text: str) -> float:
    """Return the seconds of a duration such as 90, 1h30m or 1d; raises ValueError for others."""
    number = r"\d{1,9}(?:\.\d{1,9})?"
    parts = re.findall(rf"({number})([smhd]?)", text)
    if not re.fullmatch(rf"\s*(?:{number}|(?:{number}[smhd])+)\s*", text):
        raise ValueError(f"{text!r} is not a duration such as 90, 90s, 10m, 1h30m or 1d")
    seconds = sum(float(amount) * _UNITS[unit] for amount, unit in parts)
    if seconds > _LONGEST_SECONDS:
        raise ValueError(f"{text!r} is out of range")
    return seconds


def moment_of(text: str, now: float) -> datetime:
    """Return the time that a text names, in UTC: one written out, or a duration back from `now`.

    `now` is in seconds since 1970. Raises ValueError for what is neither.
    """
    try:
        return datetime.fromtimestamp(now, UTC) - timedelta(seconds=seconds_in(text))
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"'{text}' is no time and no duration") from None


WHEN = "write it as 2h, or as 2026-01-31T12:00:00"
"""What helps whoever has written neither."""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_ipv6(host: str) -> bool:
    from ipaddress import IPv6Address

    try:
        IPv6Address(host)
    except ValueError:
        return False
    return True


def _count(text: str) -> int | str:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else text


def _duration(text: str) -> float | int:
    seconds = seconds_in(text)
    return int(seconds) if seconds.is_integer() else seconds


_READERS = {
    "flag": lambda text: {"true": True, "false": False}.get(text.lower(), text),
    "seconds": _duration,
    "count": _count,
}
