"""The keys of a profile: the one table behind reading, setting, help and manual."""

from typing import NamedTuple


class Key(NamedTuple):
    """A key of a profile. `kind` is what TOML has it as: text, flag, seconds, count."""

    name: str
    about: str
    kind: str = "text"
    is_secret: bool = False
    choices: tuple[str, ...] = ()


KEYS = (
    Key("auth_url", "IAM's address, such as https://iam.eu-de.otc.t-systems.com/v3"),
    Key("region", "the region, such as eu-de"),
    Key("project_name", "the project, by name"),
    Key("project_id", "the project, by ID"),
    Key("project_domain_name", "the project's domain, if it is not the user's"),
    Key("project_domain_id", "the same by ID"),
    Key("username", "who signs in, by name"),
    Key("user_id", "who signs in, by ID"),
    Key("user_domain_name", "the user's domain (account), by name"),
    Key("user_domain_id", "the same by ID"),
    Key("password", "the password", is_secret=True),
    Key("password_command", "a command that prints the password"),
    Key("passcode", "a one-time code, for users who need one", is_secret=True),
    Key("access_key", "an access key (AK), instead of a password"),
    Key("secret_key", "the secret key (SK) to it", is_secret=True),
    Key("secret_key_command", "a command that prints the secret key"),
    Key("security_token", "what goes with temporary keys", is_secret=True),
    Key("token", "a ready token, instead of a password", is_secret=True),
    Key("token_command", "a command that prints the token"),
    Key("endpoint", "EVS's address, instead of the catalog's"),
    Key("compute_endpoint", "the servers' address, instead of the catalog's"),
    Key("ca_bundle", "a file of certificates to trust, instead of the usual ones"),
    Key("insecure", "true: do not verify TLS (warns every time)", "flag"),
    Key("proxy", "the proxy's URL"),
    Key("timeout", "most seconds for one request", "seconds"),
    Key("retries", "tries after the first", "count"),
    Key("priority_station", "default for create: the primary availability zone"),
    Key("replication_model", "default for create", choices=("hypermetro",)),
    Key(
        "output",
        "default for --output: table, json, jsonl or value",
        choices=("table", "json", "jsonl", "value"),
    ),
    Key("read_only", "true: refuse whatever changes anything", "flag"),
    Key("protected", "true: changes want -p on the command line and --yes", "flag"),
    Key("journal", "false: keep no journal of changes", "flag"),
)

BY_NAME = {key.name: key for key in KEYS}

SECRET_VARIABLES = {
    "EVSREP_PASSWORD": "password",
    "EVSREP_SECRET_KEY": "secret_key",
    "EVSREP_TOKEN": "token",
    "EVSREP_PASSCODE": "passcode",
}
"""Variables that supply a secret of the chosen profile, whatever the file has for it."""


def is_secret(name: str) -> bool:
    """Whether a key's value is never shown; unknown keys that sound like secrets are not either."""
    known = BY_NAME.get(name)
    if known is not None:
        return known.is_secret
    return any(word in name.lower() for word in ("password", "secret", "token", "passcode"))
