"""Which proxy, if any, a request goes through."""

from collections.abc import Mapping

from evsrep.errors import ConfigError


def proxy_for(scheme: str, host: str, own: str, environ: Mapping[str, str]) -> str:
    """Return the proxy's URL; empty for none. The profile's `own` beats the variables.

    This machine is never reached through a proxy: what may go to loopback unencrypted must not
    leave it. Raises ConfigError for a kind of proxy that is not spoken.
    """
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

    if host in ("localhost", "::1") or host.startswith("127."):
        return ""
    proxy = own or _variable(f"{scheme}_proxy", environ) or _variable("all_proxy", environ)
    if not own and proxy:
        excepted = {"no": _variable("no_proxy", environ)}
        if proxy_bypass_environment(host, excepted):
            return ""
    if proxy and not proxy.startswith(("http://", "https://")):
        if "://" in proxy:
            raise ConfigError(
                "the proxy is neither http:// nor https://", hint="SOCKS proxies are not spoken"
            )
        return f"http://{proxy}"
    return proxy


def _variable(name: str, environ: Mapping[str, str]) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""
