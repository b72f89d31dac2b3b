"""URLs: whether one can be used, what may go where, and what becomes part of one."""

from urllib.parse import urlsplit

import httpx

from evsrep.errors import ConfigError

_KEEPS_THE_REQUEST = (307, 308)  # method and body stay as they are
_ASKS_BY_GET = (301, 302, 303)


def is_usable(url: str) -> bool:
    """Return whether a service can be there: http or https, a host, and nothing after the path."""
    try:
        parsed = httpx.URL(url)
        parts = urlsplit(url)  # reads hosts more strictly
        is_whole = bool(parsed.host and parts.hostname)
    except (httpx.InvalidURL, ValueError):
        return False
    return parsed.scheme in ("http", "https") and is_whole and not (parts.query or parts.fragment)


def check_origin(url: httpx.URL, *, allows_plain_http: bool) -> None:
    """Refuse to send credentials where they can be read on the way; raises ConfigError."""
    if url.scheme == "https" or allows_plain_http or is_loopback(url.host):
        return
    raise ConfigError(
        f"credentials are not sent over plain HTTP to {url.host or url}",
        hint="use https://, or set 'insecure = true' in the profile if you must",
    )


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by address or by the one name that always is."""
    return host in ("localhost", "::1") or (
        host.startswith("127.") and host.replace(".", "").isdigit()
    )


def redirect_target(request: httpx.Request, status: int, location: str) -> str:
    """Return where a redirect leads, if it may be followed; nothing where not.

    Credentials never go to another origin; a location that is broken or missing leads nowhere.
    """
    if status not in _KEEPS_THE_REQUEST and not (
        status in _ASKS_BY_GET and request.method == "GET"
    ):
        return ""
    here = request.url
    try:
        there = here.join(location) if location else None
    except (httpx.InvalidURL, ValueError):
        return ""
    return str(there) if there and _origin(there) == _origin(here) else ""


def _origin(url: httpx.URL) -> tuple[str, bytes, bytes]:
    return url.scheme, url.userinfo, url.netloc
