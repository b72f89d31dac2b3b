"""Canaries in every credential field: whatever goes wrong, none of them is ever seen."""

import base64
import html
import io
import json
import quopri
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

import hypothesis
import pytest
from hypothesis import strategies as st

from evsrep.errors import ExitCode
from evsrep.sandbox.profile import ready_profile
from evsrep.sandbox.seed import DEMO
from evsrep.secrets import Secrets
from tests.cli.conftest import UNKNOWN, SandboxFile, Serve, WriteProfiles, Wsgi
from tests.conftest import DR, EXAMPLE, PRODUCTION, Done, Real, Run

PASSWORD = "kq7/Zr+9 v\"3'X é&=%"
PASSCODE = "840267"
SECRET_KEY = "Wm4tYp0+/LcVb8Rn2sKd"
SECURITY_TOKEN = "Tj6+hG/1mQe=xU5zNoBa"
TOKEN = "gFw3/Dy+7kHsIv-9_uCt"
PART = 8

WAYS: Mapping[str, Mapping[str, str]] = {
    "password": {"password": PASSWORD},
    "one-time code": {"password": PASSWORD, "passcode": PASSCODE},
    "command": {"password": ""},
    "key": {"access_key": "AK1", "secret_key": SECRET_KEY, "password": ""},
    "temporary key": {
        "access_key": "AK1",
        "secret_key": SECRET_KEY,
        "security_token": SECURITY_TOKEN,
        "password": "",
    },
    "token": {"token": TOKEN, "password": ""},
}
COMMANDS = [
    ("auth", "check"),
    ("list",),
    ("create", *EXAMPLE),
    ("create", "--no-check", "--volume-id", DR, "--volume-id", PRODUCTION,
     "--priority-station", "az2.dc2"),
    ("delete", UNKNOWN, "--yes"),
    ("group", "failover", UNKNOWN, "--yes"),
    ("doctor",),
    ("auth", "logout"),
]  # fmt: skip


class Gossip:
    """A cloud that repeats each request in its error, in every writing.

    With `lets_in` it takes any password first, and gossips later; it knows which tokens it gave.
    """

    def __init__(self, *, lets_in: bool) -> None:
        self.lets_in = lets_in
        self.tokens: list[str] = []

    def around(self, app: Wsgi) -> Wsgi:
        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            is_sign_in = environ["PATH_INFO"] == "/v3/auth/tokens"
            if self.lets_in and is_sign_in and environ["REQUEST_METHOD"] == "POST":
                return self._let_in(app, environ, start_response)
            return _repeat(environ, body, start_response)

        return answer

    def _let_in(self, app: Wsgi, environ: dict[str, Any], start_response: Any) -> Any:
        domain = {"name": "sandbox"}
        user = {"name": DEMO.name, "password": DEMO.password, "domain": domain}
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"name": "sandbox", "domain": domain}}
        order = json.dumps({"auth": {"identity": identity, "scope": scope}}).encode()

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            self.tokens += [value for name, value in headers if name == "X-Subject-Token"]
            return start_response(status, headers, *rest)

        changed = {"wsgi.input": io.BytesIO(order), "CONTENT_LENGTH": str(len(order))}
        return app({**environ, **changed}, start)


def _repeat(environ: Mapping[str, Any], body: bytes, start_response: Callable[..., Any]) -> Any:
    heard = [str(value) for key, value in environ.items() if key.startswith("HTTP_")]
    heard.append(body.decode())
    for value in list(heard):
        heard += writings(value.removeprefix("Basic "))
    said = json.dumps({"error": {"message": " | ".join(heard), "code": "APIGW.0301"}}).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(said)))]
    start_response("403 Forbidden", headers)
    return [said]


def writings(secret: str) -> list[str]:
    """A secret as others may write it."""
    content = secret.encode()
    return [
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(content).decode().rstrip("="),
        base64.urlsafe_b64encode(content).decode().rstrip("="),
    ]


def parts(secret: str) -> Iterator[str]:
    """Every piece that is long enough to tell something."""
    yield from (secret[at : at + PART] for at in range(max(1, len(secret) - PART + 1)))


def shown_of(secrets: Iterable[str], text: str) -> list[str]:
    """The pieces of secrets that a text shows, however they are written."""
    written = (writing for secret in secrets for writing in writings(secret))
    return [part for writing in written for part in parts(writing) if part in text]


class Case(NamedTuple):
    """A way to sign in, to a cloud that gossips, and what must not be seen of it."""

    run: Run
    gossip: Gossip
    secrets: tuple[str, ...]

    def type(self, *words: str) -> Done:
        return self.run(*words, "-p", "served", "--retries", "0")

    def shown_in(self, text: str) -> list[str]:
        """What a text shows of the secrets."""
        return shown_of((*self.secrets, *self.gossip.tokens), text)


@pytest.fixture(params=[True, False], ids=["later", "at sign-in"])
def gossip(request: pytest.FixtureRequest) -> Gossip:
    return Gossip(lets_in=request.param)


@pytest.fixture(params=WAYS)
def case(
    request: pytest.FixtureRequest,
    run: Run,
    serve: Serve,
    write_profiles: WriteProfiles,
    gossip: Gossip,
    home: Path,
) -> Case:
    keys = {**ready_profile(serve(gossip.around)), **WAYS[request.param]}
    if request.param == "command":
        script = home / "secret.py"
        script.write_text(f"print({PASSWORD!r})\n")
        keys["password_command"] = f"{sys.executable} {script}"
    write_profiles(**{key: value for key, value in keys.items() if value})
    known = {PASSWORD, PASSCODE, SECRET_KEY, SECURITY_TOKEN, TOKEN} & {*keys.values()}
    return Case(run, gossip, (*known, *([PASSWORD] if request.param == "command" else [])))


@pytest.mark.parametrize("form", [(), ("--debug",), ("-v", "-o", "json")])
def test_nothing_that_is_said_holds_a_secret(case: Case, form: tuple[str, ...], home: Path) -> None:
    of_profiles = (("profile", "show", "served"), ("profile", "set", "served", "region"))
    for words in (*COMMANDS, *of_profiles):
        done = case.type(*words, *form)
        assert case.shown_in(done.stdout + done.stderr) == []
    for path in home.rglob("*"):
        assert case.shown_in(path.name) == []
        if path.is_file() and path.name not in ("config.toml", "secret.py"):
            assert shown_of(case.secrets, path.read_bytes().decode(errors="replace")) == []


def test_a_traceback_holds_no_secret(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*args: Any, **more: Any) -> None:
        raise RuntimeError(f"met {args} {more} {case.secrets} {case.gossip.tokens}")

    monkeypatch.setattr("evsrep.cloud.problems.read_service_error", break_down)
    done = case.type("list", "--debug")
    assert done.exit_code == ExitCode.INTERNAL
    assert "Traceback" in done.stderr
    assert case.shown_in(done.stdout + done.stderr) == []


def test_the_password_of_a_proxy_is_not_told(
    run: Run, serve: Serve, write_profiles: WriteProfiles
) -> None:
    keys = ready_profile("https://iam.example.com")
    for password, exit_code in (
        (SECRET_KEY, ExitCode.CONFIG),
        (quote(SECRET_KEY, safe=""), ExitCode.UNAVAILABLE),
    ):
        write_profiles(**keys, proxy=serve().replace("//", f"//joe:{password}@"))
        for form in ((), ("--debug",), ("-o", "json")):
            done = run("list", "-p", "served", "--retries", "0", *form)
            assert done.exit_code == exit_code, done.stderr
            assert (
                shown_of(
                    (
                        SECRET_KEY,
                        f"joe:{SECRET_KEY}",
                    ),
                    done.stdout + done.stderr,
                )
                == []
            )


def test_what_is_kept_holds_the_token_alone(
    run: Run, served: str, home: Path, sandbox_file: SandboxFile
) -> None:
    token = run("auth", "token", "-p", "served").stdout.strip()
    run("list", "-p", "served")
    for path in (home / ".cache").rglob("*"):
        content = path.read_bytes().decode(errors="replace") if path.is_file() else ""
        assert shown_of((DEMO.password,), content) == []
        assert (token in content) == (path.parent.name == "tokens" and path.suffix == "")
    with closing(sqlite3.connect(sandbox_file.path)) as file:
        assert (
            shown_of(
                (
                    DEMO.password,
                    token,
                ),
                "\n".join(file.iterdump()),
            )
            == []
        )


def test_neither_arguments_nor_environment_of_others_hold_a_secret(
    real: Real, served_elsewhere: str, write_profiles: WriteProfiles, home: Path
) -> None:
    spy = home / "spy.py"
    spy.write_text(
        "import os, pathlib\n"
        "of = lambda pid, what: pathlib.Path(f'/proc/{pid}/{what}').read_bytes()\n"
        "seen = [of('self', 'environ'), of('self', 'cmdline'), of(os.getppid(), 'cmdline')]\n"
        "pathlib.Path('seen').write_bytes(b' '.join(seen))\n"
        f"print({DEMO.password!r})\n"
    )
    keys = ready_profile(served_elsewhere)
    del keys["password"]
    write_profiles(**keys, password_command=f"{sys.executable} {spy}")
    names = ("EVSREP_SECRET_KEY", "OS_PASSWORD", "OS_TOKEN", "OS_SECRET_KEY", "OS_AUTH_TOKEN")
    names += (
        "HUAWEICLOUD_SDK_SK",
        "HW_SECRET_KEY",
        "HUAWEICLOUD_SDK_SECURITY_TOKEN",
        "OS_PASSCODE",
    )
    done = real("auth", "check", "-p", "served", env=dict.fromkeys(names, TOKEN))
    assert done.returncode == ExitCode.DONE, done.stderr
    seen = (home / "seen").read_bytes().decode()
    assert "evsrep" in seen
    assert (
        shown_of(
            (
                TOKEN,
                DEMO.password,
            ),
            seen,
        )
        == []
    )


KINDS = st.one_of(
    st.just(PASSWORD),
    st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=8, max_size=60),
    st.text("ABCxyz019+/=-_", min_size=40, max_size=300),
)
ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "itself": str,
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON within JSON": lambda secret: json.dumps(json.dumps(secret))[1:-1],
    "Python": lambda secret: repr(secret)[1:-1],
    "URL": quote_plus,
    "URL twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "URL, latin-1": lambda secret: quote(secret, safe="", encoding="latin-1", errors="replace"),
    "HTML": html.escape,
    "HTML twice": lambda secret: html.escape(html.escape(secret)),
    "HTML, ASCII": lambda secret: html.escape(secret).encode("ascii", "xmlcharrefreplace").decode(),
    "quoted-printable": lambda secret: quopri.encodestring(secret.encode()).decode(),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64, MIME": lambda secret: base64.encodebytes(b"user:" + secret.encode()).decode(),
    "base64, MIME, JSON": lambda secret: json.dumps(base64.encodebytes(secret.encode()).decode()),
    "base64, URL": lambda secret: quote(base64.b64encode(secret.encode()).decode(), safe=""),
    "hex": lambda secret: secret.encode().hex(),
}
PLACES: Mapping[str, Callable[[str], str]] = {
    "alone": str,
    "in a sentence": lambda text: f"the gateway got '{text}', and wondered",
    "in a header": lambda text: f"< x-auth: Basic {text}; path=/",
    "in flattened text": lambda text: "said " + " ".join(text.split()) + " twice",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@hypothesis.settings(max_examples=15)
@hypothesis.example(secret="hunter2-hunter2\xa0", place="in flattened text")
@hypothesis.example(secret=" hunter2  hunter3", place="in flattened text")
@hypothesis.given(secret=KINDS, place=st.sampled_from(sorted(PLACES)))
def test_every_kind_is_hidden_in_every_place_and_encoding(
    encoding: str, secret: str, place: str
) -> None:
    if encoding == "URL, latin-1":
        secret = secret.encode("latin-1", "ignore").decode("latin-1").ljust(8, "x")
    secrets = Secrets()
    secrets.add(secret)
    written = ENCODINGS[encoding](secret)
    around = PLACES[place]("\0").partition("\0")
    shown = secrets.hide(PLACES[place](written))
    rest = shown.removeprefix(around[0]).removesuffix(around[2])
    assert "***" in rest
    assert len(rest) <= len("***") + 14  # of base64, what stands before and after it


@pytest.mark.parametrize("size", [100, 4097, 65530, 70000])
def test_a_secret_at_the_place_where_a_body_is_cut_is_hidden_first(
    run: Run, serve: Serve, write_profiles: WriteProfiles, size: int
) -> None:
    def chatty(app: Wsgi) -> Wsgi:
        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            said = b" " * size + environ.get("HTTP_X_AUTH_TOKEN", "").encode()
            start_response("403 Forbidden", [("Content-Length", str(len(said)))])
            return [said]

        return answer

    write_profiles(**{**ready_profile(serve(chatty)), "password": "", "token": TOKEN * 200})
    for form in ((), ("--debug",), ("-o", "json")):
        done = run("list", "-p", "served", "--retries", "0", *form)
        assert shown_of((TOKEN,), done.stdout + done.stderr) == []


@pytest.mark.parametrize("key", ["auth_url", "endpoint", "compute_endpoint", "proxy"])
@pytest.mark.parametrize(
    "password", [SECRET_KEY, "Wm4t/p0#Vb8?n2s@dQw", quote(SECRET_KEY, safe="")]
)
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_what_stands_before_the_host_of_a_url_is_never_shown(
    run: Run, serve: Serve, write_profiles: WriteProfiles, key: str, password: str, scheme: str
) -> None:
    keys = ready_profile(serve())
    host = keys["auth_url"].partition("://")[2]
    write_profiles(**{**keys, key: f"{scheme}joe:{password}@{host}"})
    for words in (
        ("profile", "list"),
        ("profile", "show", "served"),
        ("auth", "check", "-p", "served", "--debug"),
        ("create", *EXAMPLE, "--dry-run", "-p", "served", "-v"),
        ("list", "-p", "served", "--debug"),
        ("doctor", "-p", "served"),
    ):
        done = run(*words, "--retries", "0")
        assert done.exit_code != ExitCode.INTERNAL
        assert shown_of((password,), done.stdout + done.stderr) == []


@pytest.mark.parametrize(
    "words",
    [
        "profile set otc password hunter2", "profile set otc hunter2", "profile init otc hunter2",
        "profile use otc hunter2", "profile import --env hunter2", "profile unset otc hunter2 x",
        "profile show otc hunter2", "profile path hunter2", "auth token hunter2",
        "auth check hunter2 hunter2", "profile init otc --password hunter2",
        "profile init otc --pasword hunter2", "profile init otc --pasword=hunter2",
        "profile set otc pasword=hunter2", "profile set otc password=hunter2",
    ],
)  # fmt: skip
def test_a_stray_word_that_may_be_a_secret_is_not_repeated(run: Run, words: str) -> None:
    for form in ("table", "json"):
        done = run(*words.split(), "-o", form)
        assert done.exit_code in (ExitCode.USAGE, ExitCode.CONFIG)
        assert "hunter2" not in done.stdout + done.stderr
