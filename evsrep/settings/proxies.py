"""Which proxy, if any, a request goes through."""

import re
from collections.abc import Mapping

from evsrep.errors import ConfigError

_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"https?://(?:[^/?#@\s]*@)?[^/?#@\s]+/?")
_EXCEPTION = re.compile(r"\[?(?P<host>[^\[\]]*?)\]?(?::(?P<port>[0-9]+))?")


def proxy_for(
    scheme: str, host: str, own: str, environ: Mapping[str, str], port: int | None = None
) -> str:
    """Return the proxy's URL; empty for none. The profile's `own` beats the variables.

    This machine is never reached through a proxy: what may go to loopback unencrypted must not
    leave it. Raises ConfigError for what is no URL, or a kind of proxy that is not spoken.
    """
    if host in ("localhost", "::1") or host.startswith("127."):
        return ""
    proxy = own or _variable(f"{scheme}_proxy", environ) or _variable("all_proxy", environ)
    if not own and proxy and _is_excepted(host, port or _PORTS.get(scheme), environ):
        return ""
    if "://" in proxy and not proxy.startswith(("http://", "https://")):
        raise ConfigError(
            "the proxy is neither http:// nor https://", hint="SOCKS proxies are not spoken"
        )
    url = proxy if "://" in proxy or not proxy else f"http://{proxy}"
    if url and not _URL.fullmatch(url):
        raise ConfigError(  # without the URL: what looks like its host may be half a password
            "the proxy is no URL",
            hint="write http://user:password@host:port, in a password / as %2F, # as %23, "
            "? as %3F and @ as %40",
        )
    return url


def proxy_origin(scheme: str, own: str, environ: Mapping[str, str]) -> str:
    """Return where the proxy of `proxy_for` is named: in the profile, or in which variable."""
    if own:
        return "proxy in the profile"
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    return next((name for name in names if environ.get(name)), "")


def _is_excepted(host: str, port: int | None, environ: Mapping[str, str]) -> bool:
    """Whether NO_PROXY names the host: entries are separated by commas or blanks."""
    entries = re.split(r"[\s,]+", _variable("no_proxy", environ))
    return any(entry and _is_meant(entry, host, port) for entry in entries)


def _is_meant(entry: str, host: str, port: int | None) -> bool:
    """Whether an entry is the host, a domain above it, its network, or `*`."""
    if entry == "*":
        return True
    if entry.count(":") > 1 and not entry.startswith("["):  # an IPv6 address or network, no port
        name, only_port = entry, None
    else:
        found = _EXCEPTION.fullmatch(entry)
        if found is None:
            return False
        name, only_port = found["host"], found["port"]
    if only_port is not None and int(only_port) != port:
        return False
    name, host = name.casefold().rstrip("."), host.casefold().rstrip(".")
    domain = name.removeprefix("*").removeprefix(".")
    is_name = bool(domain) and (host == domain or host.endswith(f".{domain}"))
    return is_name or _is_in_network(name, host)


def _is_in_network(network: str, host: str) -> bool:
    from ipaddress import ip_address, ip_network  # wanted only where NO_PROXY is set

    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False


def _variable(name: str, environ: Mapping[str, str]) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""
