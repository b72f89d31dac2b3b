"""A profile as it is used: its values, where each comes from, and what follows from them."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from evsrep.errors import ConfigError
from evsrep.settings.declarations import AUTH_TYPES, KEYS_BY_NAME
from evsrep.settings.values import fault_of, url_fault

SANDBOX = "sandbox"
ENVIRONMENT = "env"

_PROJECT_KEYS = ("project_name", "project_id", "region")


class Value(NamedTuple):
    """A value, and where it comes from, as a person would say it."""

    value: Any
    origin: str


class Profile(NamedTuple):
    """A profile: its name, why it is this one, and its values."""

    name: str
    chosen_by: str
    values: Mapping[str, Value]

    @classmethod
    def of(cls, name: str, keys: Mapping[str, Any], *, chosen_by: str, origin: str) -> Self:
        """Return a profile of keys that all come from one place."""
        return cls(name, chosen_by, {key: Value(value, origin) for key, value in keys.items()})

    def __repr__(self) -> str:
        """Leave the values out: there are secrets among them."""
        return f"{type(self).__name__}(name={self.name!r}, chosen_by={self.chosen_by!r})"

    def text(self, key: str) -> str:
        """Return the value of a text key; empty where there is none."""
        held = self.values.get(key)
        return str(held.value) if held is not None else ""

    def is_set(self, key: str) -> bool:
        """Return whether a flag is true."""
        return key in self.values and self.values[key].value is True

    def is_off(self, key: str) -> bool:
        """Return whether a flag that is on by default is false."""
        return key in self.values and self.values[key].value is False

    @property
    def auth_url(self) -> str:
        """IAM's address, put right: people write it with `:443`, a slash at the end, without `/v3`.

        Raises ConfigError where it is not a URL.
        """
        url = self.text("auth_url").strip()
        fault = url_fault(url)
        if fault:
            raise ConfigError(
                f"auth_url of profile '{self.name}' {fault}",
                hint="write it like https://iam.eu-de.otc.t-systems.com/v3",
            )
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        if scheme == "https":
            host = host.removesuffix(":443")
        path = re.sub(r"/{2,}", "/", path).strip("/")
        if not re.search(r"(^|/)v\d[\d.]*$", path):
            path = f"{path}/v3".lstrip("/")
        return f"{scheme}://{host}/{path}"

    @property
    def project_name(self) -> str:
        """The project's name: as given, or the region's, which a cloud's first project bears."""
        return "" if self.text("project_id") else self.text("project_name") or self.text("region")

    @property
    def method(self) -> str:
        """How it signs in: by `token`, `password` or `key`, or by what a `command` prints of these.

        As `auth_type` says, else by the first that it has whole. A password before a key, as other
        clients do: files for several tools have keys beside it.
        """
        if self.text("auth_type"):
            return AUTH_TYPES[self.text("auth_type")]
        if self.has_secret("token"):
            return "token"
        if self.text("credential_command"):
            return "command"
        has_user = bool(self.text("username") or self.text("user_id"))
        is_by_key = self.text("access_key") and not (has_user and self.has_secret("password"))
        return "key" if is_by_key else "password"

    @property
    def missing(self) -> list[str]:
        """What a sign-in by its method still lacks, in the words of its keys."""
        has_place = bool(self.text("endpoint") and self.text("project_id"))
        wanted: list[tuple[str, ...]] = [] if has_place else [("auth_url",)]
        command = "credential_command"
        if self.method == "token":
            wanted.append(("token", "token_command", command))
        elif self.method == "key":
            secret = ("secret_key", "secret_key_command", command)
            wanted += [("access_key", command), secret, _PROJECT_KEYS]
        elif self.method == "password":
            wanted = [("auth_url",), ("username", "user_id"), ("password", "password_command")]
            if not self.text("user_id"):  # an ID says its domain, a name does not
                wanted.append(("user_domain_name", "user_domain_id"))
            wanted.append(_PROJECT_KEYS)
        return [" or ".join(keys) for keys in wanted if not any(map(self.text, keys))]

    def has_secret(self, key: str) -> bool:
        """Return whether there is a way to a secret; no command is run."""
        return bool(self.text(key) or self.text(f"{key}_command"))

    @property
    def is_by_command(self) -> bool:
        """Whether keys or a token come from `credential_command`."""
        given = {"token": self.has_secret("token"), "key": bool(self.text("access_key"))}
        return bool(self.text("credential_command")) and not given.get(
            self.method, self.method == "password"
        )

    def credentials(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return what `credential_command` prints: `token`, or an access key's parts.

        Raises ConfigError where that is not what the way to sign in takes.
        """
        from evsrep.settings.commands import credentials_of

        found = credentials_of(self.text("credential_command"), "credential_command", environ)
        wanted = {"token": "token", "key": "access_key"}.get(self.method)
        if wanted and wanted not in found:
            kind = self.text("auth_type")
            raise ConfigError(f"credential_command printed no {wanted}, but auth_type is '{kind}'")
        for key, text in found.items():
            self._check(key, text, "credential_command")
        return found

    def secret(self, key: str, environ: Mapping[str, str]) -> str:
        """Return a secret, by its key or by the command that prints it; empty if it has neither.

        The command is run in `environ`, without the secrets in it. Raises ConfigError where it
        fails or prints nothing.
        """
        secret, command = self.text(key), self.text(f"{key}_command")
        if not secret and command:
            from evsrep.settings.commands import first_line_of

            secret = first_line_of(command, f"{key}_command", environ)
        origin = (self.values.get(key) or self.values.get(f"{key}_command") or Value("", "")).origin
        self._check(key, secret, origin)
        return secret

    def _check(self, key: str, secret: str, origin: str) -> None:
        if fault := fault_of(KEYS_BY_NAME[key], secret):
            raise ConfigError(f"the {key} of profile '{self.name}' {fault} ({origin})")
