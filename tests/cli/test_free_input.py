"""Whatever is typed, kept in files or set in variables: an exit code of the table, no traceback."""

import json
import os
import shutil
import socket
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from evsrep.errors import EXIT_CODES, ExitCode
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import Serve, WriteProfiles, Wsgi
from tests.conftest import DR, PRODUCTION, Done, Run
from tests.weather.shy import changing

CODES = {int(row.code) for row in EXIT_CODES}
TEXT = st.text(st.characters(exclude_characters="\x00"), max_size=20)
FLAGS = st.sampled_from(
    [
        "--production-disk",
        "--dr-disk",
        "--volume-id",
        "--name",
        "--description",
        "--priority-station",
        "--replication-model",
        "--wait-timeout",
        "--timeout",
        "--retries",
        "-o",
        "-c",
        "-p",
        "--config",
        "--for",
    ]
)
SWITCHES = st.sampled_from(
    ["--check", "--no-check", "--dry-run", "--if-not-exists", "--wait", "-q", "-v", "--debug"]
)
COMMANDS = st.sampled_from(
    ["create", "show", "wait", "profile", "auth", "sandbox disks", "help", "list", ""]
)
VALUES = TEXT | st.sampled_from([PRODUCTION, DR, "db-01-data", "az1.dc1", "sandbox", "json", "10m"])
WORDS = st.lists(
    st.tuples(FLAGS, VALUES).map(list)
    | SWITCHES.map(lambda switch: [switch])
    | VALUES.map(lambda v: [v]),
    max_size=6,
)
TOML_VALUE = st.recursive(
    TEXT | st.integers(-(2**63), 2**63 - 1) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
KEYS = st.sampled_from(
    [
        "auth_url",
        "username",
        "password",
        "token",
        "endpoint",
        "project_id",
        "region",
        "timeout",
        "retries",
        "output",
        "insecure",
        "proxy",
        "ca_bundle",
        "token_command",
        "access_key",
        "secret_key",
        "priority_station",
        "read_only",
        "unheard_of",
    ]
)
SAFE = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def is_told(done: Done) -> bool:
    """Whether a command ended with a code of the table, no bug, and words for what is wrong."""
    is_foreseen = done.exit_code in CODES - {ExitCode.INTERNAL} and "Traceback" not in done.stderr
    return is_foreseen and (done.exit_code == ExitCode.DONE or done.stderr != "")


@SAFE
@given(command=COMMANDS, words=WORDS)
def test_any_words(run: Run, monkeypatch: pytest.MonkeyPatch, command: str, words: Any) -> None:
    monkeypatch.setenv("EVSREP_PROFILE", "sandbox")
    done = run(*command.split(), *(word for group in words for word in group))
    assert is_told(done), done


@SAFE
@given(content=st.binary(max_size=80) | TEXT.map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes_in_the_profile_file(run: Run, home: Path, content: bytes) -> None:
    path = home / "mine.toml"
    path.write_bytes(content)
    for words in (["show", "x"], ["profile", "list"], ["profile", "use", "x"], ["auth", "check"]):
        done = run(*words, "--config", str(path))
        assert is_told(done), done


@SAFE
@given(keys=st.dictionaries(KEYS, TOML_VALUE, max_size=6))
def test_any_value_of_any_key(run: Run, home: Path, keys: dict[str, Any]) -> None:
    keys.pop("token_command", None)  # whatever it says would be run
    path = home / "mine.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    path.write_text("\n".join(['default_profile = "x"', "[profiles.x]", *lines]))
    for words in (["show", "x"], ["profile", "show"], ["auth", "check"]):
        done = run(*words, "--config", str(path), "--retries", "0", "--timeout", "0.2s")
        assert is_told(done), done


VARIABLES = [
    "EVSREP_PROFILE",
    "EVSREP_OUTPUT",
    "EVSREP_TIMEOUT",
    "EVSREP_RETRIES",
    "EVSREP_CONFIG",
    "EVSREP_TOKEN",
    "OS_AUTH_URL",
    "OS_CLOUD",
    "OS_INSECURE",
    "XDG_CONFIG_HOME",
    "HTTPS_PROXY",
    "COLUMNS",
    "NO_COLOR",
    "TERM",
]
VARIABLE_TEXT = st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20
)


@SAFE
@given(variable=st.sampled_from(VARIABLES), value=VARIABLE_TEXT)
def test_any_value_of_any_variable(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv(variable, value)
        for words in (["profile", "list"], ["sandbox", "disks"], ["show", "x", "-p", "sandbox"]):
            done = run(*words, "--retries", "0", "--timeout", "0.2s")
            assert is_told(done), done


# URLs

SCHEMES = ["https://", "http://", "HTTPS://", "https:", "//", "", "ftp://", "file://", "ht tp://"]
HOSTS = [
    "elsewhere.invalid",
    "127.0.0.1",
    "localhost",
    "[::1]",
    "[::1",
    "::1]",
    "[]",
    "[fe80::1%25eth0]",
    "[v1.x]",
    "1.2.3.4.5",
    "0x7f.1",
    "",
    ".",
    "..",
    "a..b",
    "-.invalid",
    "x" * 64 + ".invalid",
    ("x." * 130) + "invalid",
    "xn--",
    "xn--a.invalid",
    "xn--\u00fc.invalid",
    "\u00fc.invalid",
    "\u2100.invalid",
    "\uff0e",
    "\u200b",
    "a b",
    "a\x00b",
    "a\nb",
    "a\x7fb",
    "\udcff",
    "\ud800",
    "%00",
    "%zz",
    "{region}",
    "<host>",
]
USERS = ["", "joe@", "joe:pass@", "joe:p@ss@", ":@", "@", "\\@", "joe:p/ss@"]
PORTS = [
    "",
    ":",
    ":0",
    ":1",
    ":65535",
    ":65536",
    ":-1",
    ":port",
    ":4 4",
    ":\u0664",
    ":" + "9" * 5000,
]
PATHS = [
    "",
    "/",
    "/v3",
    "/v3/",
    "?a=b",
    "#x",
    "/%",
    "/%zz",
    "/\u00fc",
    "/ ",
    "\\",
    "/\x00",
    "/\udcff",
]
PIECES = tuple(st.sampled_from(pieces) for pieces in (SCHEMES, USERS, HOSTS, PORTS, PATHS))
URLS = st.tuples(*PIECES).map("".join) | st.tuples(st.sampled_from(SCHEMES), TEXT).map("".join)
IN_A_VARIABLE = URLS.filter(lambda url: "\0" not in url and _is_of_the_system(url))
IN_A_HEADER = URLS.filter(lambda url: url.isascii() and url.isprintable())
URL_KEYS = ("auth_url", "endpoint", "compute_endpoint", "proxy")
LIMITS = ("--retries", "0", "--timeout", "0.5s")


def _is_of_the_system(text: str) -> bool:
    """Whether a variable can hold it."""
    try:
        os.fsencode(text)
    except UnicodeError:
        return False
    return True


class Network:
    """The machine's way out, closed except to the ports that are open; who was to be reached."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.open_ports: set[int] = set()

    def look_up(self, host: str, port: object, *_: object, **__: object) -> Any:
        if "\0" in host:
            raise ValueError("embedded null character")  # as the real one does
        self.asked.add(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def connect(
        self, address: tuple[str, int], timeout: float | None = None, **_: object
    ) -> socket.socket:
        host, port = address
        if host != "127.0.0.1" or port not in self.open_ports:
            self.asked.add(host)
            raise ConnectionRefusedError("Connection refused")
        connection = socket.socket()
        connection.settimeout(timeout)
        connection.connect(address)
        return connection

    def strays(self, *urls: str) -> set[str]:
        """The hosts that nobody asked for by these URLs."""
        return {_plain(host) for host in self.asked} - {_host_of(url) for url in urls}


def _host_of(url: str) -> str:
    """The host that a URL names; none where it is no URL."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in url):
        return ""
    try:
        return _plain(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def _plain(host: str) -> str:
    """A name in the one form of many: without IDNA, in small letters."""
    with suppress(UnicodeError):
        host = host.encode("ascii").decode("idna")
    return unicodedata.normalize("NFKC", unquote(host)).casefold()


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()
    monkeypatch.setattr(socket, "getaddrinfo", network.look_up)
    monkeypatch.setattr(socket, "create_connection", network.connect)
    return network


@pytest.fixture
def keys(serve: Serve, network: Network) -> dict[str, str]:
    """The keys of a profile for the sandbox on loopback, which can be reached."""
    url = serve()
    network.open_ports.add(urlsplit(url).port or 0)
    return ready_profile(url)


@SAFE
@given(key=st.sampled_from(URL_KEYS), url=URLS)
@example(key="auth_url", url="https://[::1")
def test_any_url_of_any_key(
    run: Run, network: Network, keys: dict[str, str], write_profiles: WriteProfiles,
    key: str, url: str,
) -> None:  # fmt: skip
    network.asked.clear()
    try:
        write_profiles(**{**keys, key: url})
    except UnicodeError:  # no file of UTF-8 has this
        return
    for words in (["list"], ["doctor"], ["profile", "show"]):
        done = run(*words, "-p", "served", *LIMITS)
        assert is_told(done), done
        assert done.exit_code in (ExitCode.DONE, ExitCode.CONFIG, ExitCode.UNAVAILABLE), done
    assert network.strays(url) == set()


@SAFE
@given(url=IN_A_VARIABLE)
def test_any_url_in_the_environment(
    run: Run, network: Network, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    network.asked.clear()
    with monkeypatch.context() as patch:
        for key, value in {**keys, "auth_url": url}.items():
            patch.setenv(f"OS_{key.upper()}", value)
        done = run("list", "-p", "env", *LIMITS)
    assert is_told(done), done
    assert done.exit_code in (ExitCode.CONFIG, ExitCode.UNAVAILABLE), done
    assert network.strays(url) == set()


@SAFE
@given(key=st.sampled_from(URL_KEYS), url=URLS)
def test_any_url_by_a_flag(
    run: Run, network: Network, keys: dict[str, str], write_profiles: WriteProfiles,
    key: str, url: str,
) -> None:  # fmt: skip
    network.asked.clear()
    write_profiles(**keys)
    secret = ("--password-command", "echo x")
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in {**keys, key: url}.items()]
    flags = [flag for flag in flags if not flag.startswith("--password")]
    for words in (
        ["profile", "set", "served", f"{key}={url}"],
        ["profile", "init", "new", "--no-test", *flags, *secret],
        ["profile", "init", "newer", *flags, *secret],
        ["list", "-p", "served"],
    ):
        done = run(*words, *LIMITS)
        assert is_told(done), done
    assert network.strays(url) == set()


class Misleading:
    """The sandbox, which leads elsewhere: by the endpoints of its catalog, or by a redirect."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.path, self.status, self.location = "nowhere", 307, ""

    def around(self, app: Wsgi) -> Wsgi:
        named = changing(app, "/auth/", self._endpoints)

        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            if self.path not in environ["PATH_INFO"]:
                return named(environ, start_response)
            headers = [("Location", self.location), ("Content-Length", "0")]
            start_response(f"{self.status} Elsewhere", headers)
            return [b""]

        return answer

    def _endpoints(self, thing: dict[str, Any]) -> dict[str, Any]:
        return {**thing, "url": self.endpoint} if "interface" in thing else thing


@pytest.fixture
def misleading(serve: Serve, network: Network, write_profiles: WriteProfiles) -> Misleading:
    """A cloud that leads elsewhere, and a profile 'served' for it."""
    misleading = Misleading()
    url = serve(misleading.around)
    network.open_ports.add(urlsplit(url).port or 0)
    write_profiles(**ready_profile(url))
    return misleading


@SAFE
@given(url=URLS)
def test_any_url_in_a_catalog(
    run: Run, network: Network, misleading: Misleading, home: Path, url: str
) -> None:
    network.asked.clear()
    misleading.endpoint = url
    shutil.rmtree(home / ".cache", ignore_errors=True)  # a kept token would bring its own catalog
    assert is_told(run("auth", "check", "-p", "served", *LIMITS))
    done = run("list", "-p", "served", *LIMITS)
    assert is_told(done), done
    assert done.exit_code in (ExitCode.CONFIG, ExitCode.UNAVAILABLE), done
    assert network.strays(url) == set()


@SAFE
@given(
    path=st.sampled_from(["/auth/tokens", "/os-vendor-replications"]),
    status=st.sampled_from([301, 302, 303, 307, 308]),
    url=IN_A_HEADER,
)
def test_any_location(
    run: Run, network: Network, misleading: Misleading, home: Path, path: str, status: int, url: str
) -> None:
    network.asked.clear()
    misleading.endpoint = f"http://127.0.0.1:{min(network.open_ports)}/v2/$(tenant_id)s"
    misleading.path, misleading.status, misleading.location = path, status, url
    shutil.rmtree(home / ".cache", ignore_errors=True)
    done = run("list", "-p", "served", *LIMITS)
    assert is_told(done), done
    assert done.exit_code not in (ExitCode.DONE, ExitCode.USAGE), done
    assert network.strays() == set()
