"""What hides secrets: whatever is shown or logged goes through here first."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from urllib.parse import unquote

_SHORTEST_SECRET = 4
_SHORTEST_BROKEN = 8
"""What is shorter is not looked for across lines: it would be found in what is no secret."""

_SIGNATURE = re.compile(r"\b[0-9a-fA-F]{64}\b")
_BACKSLASH = r"(?:\\|%5[Cc])"
_URL_SAFE = str.maketrans("+/", "-_")
_URL_USER = re.compile(r"^((?:[a-zA-Z][a-zA-Z0-9+.-]*:)?/+)?(.*)@", re.DOTALL)
_LINE_END = r"(?:\r|\\+r)?(?:\n|\\+n)[ \t]*"
_BREAKS = (re.compile(_LINE_END), re.compile(rf"=(?:{_LINE_END}| )"), re.compile(r"\s+"))
"""How MIME breaks base64, how it breaks quoted-printable, and what flattening makes of either."""


class Secrets:
    """The secrets of one run, and what hides them."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def add(self, secret: str) -> None:
        """Hide this from now on."""
        self._secrets.add(secret)

    def add_url(self, url: str) -> None:
        """Hide from now on what a URL has before its `@`: the password, else the user."""
        for secret in url_secrets(url):
            self.add(secret)

    def hide(self, text: str) -> str:
        """Return the text with each secret starred out."""
        return without_secrets(text, self._secrets)


def url_secrets(url: str) -> set[str]:
    """Return the password in a URL, or its user where that is all, as written and decoded.

    All up to the last `@` counts, whatever is in it: a password that was not quoted has `/` or `#`.
    """
    found = _URL_USER.match(url)
    if not found:
        return set()
    user, colon, password = found[2].partition(":")
    secret = password if colon else user
    return {secret, unquote(secret)} - {""}


def shown_url(url: str) -> str:
    """Return a URL as it may be seen: what is before its last `@` starred out."""
    return _URL_USER.sub(lambda found: f"{found[1] or ''}***@", url)


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return the text without secrets; very short ones would star out half the language.

    What a gateway repeats of a signed request, its signature and hashes, is starred out with them.
    """
    given = set(secrets)
    flattened = {" ".join(secret.split()) for secret in given}  # as an error's text is
    for secret in sorted(given | flattened, key=len, reverse=True):
        if _SHORTEST_SECRET <= len(secret) <= len(text):  # no way of writing it is shorter
            pattern = _pattern(secret)
            text = pattern.sub("***", text)
            if len(secret) >= _SHORTEST_BROKEN:
                text = _without_broken(text, pattern)
    return _SIGNATURE.sub("***", text)


def _without_broken(text: str, pattern: re.Pattern[str]) -> str:
    """Star out what is only found once lines are put together again."""
    for breaks in _BREAKS:
        gaps = [found.span() for found in breaks.finditer(text)]
        starts, ends = [0, *(end for _, end in gaps)], [*(start for start, _ in gaps), len(text)]
        lines = list(zip(starts, ends, strict=True))
        matches = [*pattern.finditer("".join(text[start:end] for start, end in lines))]
        places = [at for line in lines for at in range(*line)] if matches else []
        for found in reversed(matches):
            first, last = places[found.start()], places[found.end() - 1]
            text = f"{text[:first]}***{text[last + 1 :]}"
    return text


@cache
def _pattern(secret: str) -> re.Pattern[str]:
    """Match a secret however somebody may write it: escaped, in a URL, as base64, or in hex."""
    plain = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    in_base64 = ("".join(map(_writings, shown)) for text in plain for shown in _in_base64(text))
    in_hex = secret.encode(errors="surrogatepass").hex()
    forms = ("".join(map(_writings, secret)), *in_base64, in_hex, in_hex.upper())
    return re.compile("|".join(dict.fromkeys(forms)))


def _in_base64(text: str) -> Iterator[str]:
    """Yield what base64 shows of a text, wherever it stands among others."""
    from binascii import b2a_base64

    content = text.encode(errors="surrogatepass")
    for shift in range(3):
        encoded = b2a_base64(bytes(shift) + content).decode()
        shown = encoded[-(-shift * 8 // 6) : (shift + len(content)) * 8 // 6]
        yield from {shown, shown.translate(_URL_SAFE)}


def _writings(character: str) -> str:
    """Match a character by itself or escaped, or as its code.

    Codes are those of JSON, Python's bytes, a URL, HTML and quoted-printable.
    """
    if character.isascii() and (character.isalnum() or character in "-._~"):
        return re.escape(character)
    utf_8, utf_16 = (character.encode(kind, "surrogatepass") for kind in ("utf-8", "utf-16-be"))
    units = (utf_16.hex()[at : at + 4] for at in range(0, 2 * len(utf_16), 4))
    code = f"{ord(character):x}"
    in_python = f"{_BACKSLASH}+[xu]0*{code}"
    in_json = "".join(f"{_BACKSLASH}+u{unit}" for unit in units)
    in_bytes = "".join(f"{_BACKSLASH}+x{byte:02x}" for byte in utf_8)
    in_html = f"&(?:amp;)*(?:#0*{ord(character)}|#x0*{code}|[a-z][a-z0-9]*);"
    in_url = "".join(f"(?:%(?:25)*|=){byte:02x}" for byte in utf_8)  # or in quoted-printable
    forms = [in_python, in_json, in_bytes, in_html, in_url]
    if not character.isascii():  # as bytes of latin-1, or as what is put where these are no UTF-8
        forms += [f"(?:%(?:25)*|=){code:0>2}" if ord(character) < 256 else "\ufffd", "\ufffd"]
    if character == " ":
        forms += [r"\+", "_"]
    return f"{_BACKSLASH}*(?:{re.escape(character)}|(?i:{'|'.join(forms)}))"
