"""Which proxy a request goes through, and what is refused as one."""

import pytest

from evsrep.errors import ConfigError
from evsrep.settings.proxies import proxy_for

PROXY = "http://proxy.corp.test:3128"


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "is_excepted"),
    [
        ("10.0.0.0/8", "10.1.2.3", None, True),
        ("10.0.0.0/8", "11.1.2.3", None, False),
        ("10.0.0.0/8", "evs.example.com", None, False),
        ("10.0.0.1", "10.0.0.1", None, True),
        ("fd00::/8", "fd00::1", None, True),
        ("[fd00::2]:443", "fd00::2", None, True),
        ("*.corp.test", "evs.corp.test", None, True),
        (".corp.test", "evs.corp.test", None, True),
        ("corp.test", "EVS.Corp.Test", None, True),
        ("corp.test", "notcorp.test", None, False),
        ("corp.test:8443", "corp.test", 8443, True),
        ("corp.test:8443", "corp.test", None, False),
        ("corp.test:443", "corp.test", None, True),
        ("one.test two.test,\tthree.test", "two.test", None, True),
        ("*", "evs.example.com", None, True),
        (" , *. ", "evs.example.com", None, False),
    ],
)
def test_no_proxy_as_people_write_it(
    no_proxy: str, host: str, port: int | None, is_excepted: bool
) -> None:
    environ = {"https_proxy": PROXY, "NO_PROXY": no_proxy}
    assert proxy_for("https", host, "", environ, port) == ("" if is_excepted else PROXY)


@pytest.mark.parametrize("sign", "/?#@")
@pytest.mark.parametrize("origin", ["profile", "variable"])
def test_a_password_that_breaks_the_url_is_refused_and_not_shown(sign: str, origin: str) -> None:
    url = f"http://alice:12{sign}geheim@proxy.corp.test:3128"
    own, environ = (url, {}) if origin == "profile" else ("", {"https_proxy": url})
    with pytest.raises(ConfigError, match="the proxy is no URL") as raised:
        proxy_for("https", "evs.example.com", own, environ)
    told = raised.value.message + raised.value.hint
    assert not {"alice", "12", "geheim", "corp"} & set(told.replace("@", " ").split())
    assert "geheim" not in told
