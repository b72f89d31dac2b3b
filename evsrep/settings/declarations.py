"""Every setting there is, said once: what it is called everywhere, what it takes, its default.

The keys of a profile, the options of every command, the variables, what is taken over from openrc
files and clouds.yaml, help and manual are all read from this table.
"""

from typing import Any, NamedTuple

FORMS = ("table", "json", "jsonl", "value")
MOST_RETRIES = 100
AUTH_TYPES = {  # Keystone's plugins, and what the vendors' tools add: how each signs in
    "password": "password",
    "v3password": "password",
    "v3multifactor": "password",
    "token": "token",
    "v3token": "token",
    "aksk": "key",
    "ak-sk": "key",
}


class Setting(NamedTuple):
    """A setting. `kind` is what it takes: text, name, url, file, flag, seconds, count.

    A name is text that nobody checks; `header` is text that is sent in a header.
    """

    name: str
    about: str
    kind: str = "text"
    default: Any = None
    choices: tuple[str, ...] = ()
    is_secret: bool = False
    is_key: bool = True  # of a profile
    flags: tuple[str, ...] = ()  # of the option that every command has
    metavar: str | None = None
    variable: str = ""
    openrc: tuple[str, ...] = ()  # for a key pair one family of names after the other
    clouds: tuple[str, ...] = ()  # its names in an entry, in `auth` or beside it

    @property
    def help(self) -> str:
        """What its flag says of itself."""
        default = "" if self.default is None else f"  [default: {self.default}]"
        return f"{self.about[:1].upper()}{self.about[1:]}.{default}"


SETTINGS = (
    Setting("auth_url", "IAM's address, such as https://iam.eu-de.otc.t-systems.com/v3", "url",
            openrc=("OS_AUTH_URL",), clouds=("auth_url",)),
    Setting("region", "the region, such as eu-de", openrc=("OS_REGION_NAME",),
            clouds=("region_name",)),
    Setting("project_name", "the project, by name", openrc=("OS_PROJECT_NAME", "OS_TENANT_NAME"),
            clouds=("project_name", "tenant_name")),
    Setting("project_id", "the project, by ID", "header", openrc=("OS_PROJECT_ID", "OS_TENANT_ID"),
            clouds=("project_id", "tenant_id")),
    Setting("project_domain_name", "the project's domain, if it is not the user's",
            openrc=("OS_PROJECT_DOMAIN_NAME", "OS_DOMAIN_NAME"),
            clouds=("project_domain_name", "domain_name")),
    Setting("project_domain_id", "the same by ID", openrc=("OS_PROJECT_DOMAIN_ID", "OS_DOMAIN_ID"),
            clouds=("project_domain_id", "domain_id")),
    Setting("auth_type",
            "how to sign in, where there is more than one way: password, token or aksk",
            choices=tuple(AUTH_TYPES), openrc=("OS_AUTH_TYPE",), clouds=("auth_type",)),
    Setting("username", "who signs in, by name", openrc=("OS_USERNAME",),
            clouds=("username", "user_name")),
    Setting("user_id", "who signs in, by ID", openrc=("OS_USER_ID",), clouds=("user_id",)),
    Setting("user_domain_name", "the user's domain (account), by name",
            openrc=("OS_USER_DOMAIN_NAME", "OS_DOMAIN_NAME"),
            clouds=("user_domain_name", "domain_name")),
    Setting("user_domain_id", "the same by ID", openrc=("OS_USER_DOMAIN_ID", "OS_DOMAIN_ID"),
            clouds=("user_domain_id", "domain_id")),
    Setting("password", "the password", is_secret=True, variable="EVSREP_PASSWORD",
            openrc=("OS_PASSWORD",), clouds=("password",)),
    Setting("password_command", "a command that prints the password"),
    Setting("passcode", "a one-time code, for users who need one", is_secret=True,
            variable="EVSREP_PASSCODE", openrc=("OS_PASSCODE",), clouds=("passcode",)),
    Setting("access_key", "an access key (AK), instead of a password", "header",
            openrc=("OS_ACCESS_KEY", "HUAWEICLOUD_SDK_AK", "HW_ACCESS_KEY"),
            clouds=("access_key", "ak")),
    Setting("secret_key", "the secret key (SK) to it", is_secret=True, variable="EVSREP_SECRET_KEY",
            openrc=("OS_SECRET_KEY", "HUAWEICLOUD_SDK_SK", "HW_SECRET_KEY"),
            clouds=("secret_key", "sk")),
    Setting("secret_key_command", "a command that prints the secret key"),
    Setting("security_token", "what goes with temporary keys", "header", is_secret=True,
            openrc=("OS_SECURITY_TOKEN", "HUAWEICLOUD_SDK_SECURITY_TOKEN", "HW_SECURITY_TOKEN"),
            clouds=("security_token",)),
    Setting("token", "a ready token, instead of a password", "header", is_secret=True,
            variable="EVSREP_TOKEN", openrc=("OS_TOKEN", "OS_AUTH_TOKEN"),
            clouds=("token", "auth_token")),
    Setting("token_command", "a command that prints the token"),
    Setting("credential_command",
            "a command that prints keys that change together, or a token, as a JSON object"),
    Setting("endpoint", "EVS's address, instead of the catalog's", "url",
            clouds=("volumev2_endpoint_override", "volume_endpoint_override",
                    "block_storage_endpoint_override")),
    Setting("compute_endpoint", "the servers' address, instead of the catalog's", "url",
            clouds=("compute_endpoint_override",)),
    Setting("ca_bundle", "a file of certificates to trust, instead of the usual ones",
            openrc=("OS_CACERT",), clouds=("cacert",)),
    Setting("insecure", "true: do not verify TLS (warns every time)", "flag",
            openrc=("OS_INSECURE",)),
    Setting("proxy", "the proxy's URL", "url"),
    Setting("priority_station",
            "the primary zone for create and apply with --no-check, if none is given"),
    Setting("replication_model", "default for create and apply", choices=("hypermetro",)),
    Setting("read_only", "true: refuse whatever changes anything", "flag"),
    Setting("protected", "true: changes want -p on the command line and --yes", "flag"),
    Setting("journal", "false: keep no journal of changes", "flag"),
    Setting("profile", "which profile; 'sandbox' needs no account", "name", is_key=False,
            flags=("-p", "--profile"), metavar="NAME", variable="EVSREP_PROFILE"),
    Setting("config", "the profile file", "file", is_key=False, flags=("--config",), metavar="FILE",
            variable="EVSREP_CONFIG"),
    Setting("output", "as table, json, jsonl or value", default="table", choices=FORMS,
            flags=("-o", "--output"), metavar="FORM", variable="EVSREP_OUTPUT"),
    Setting("columns", "which fields, in this order", "name", is_key=False,
            flags=("-c", "--columns"), metavar="A,B,…"),
    Setting("timeout", "most seconds for one request", "seconds", default=60, flags=("--timeout",),
            metavar="DURATION", variable="EVSREP_TIMEOUT"),
    Setting("retries", "tries after the first", "count", default=3, flags=("--retries",),
            metavar="N", variable="EVSREP_RETRIES"),
    Setting("quiet", "no progress, no notes", "flag", is_key=False, flags=("-q", "--quiet")),
    Setting("verbose", "say what is done", "flag", is_key=False, flags=("-v", "--verbose")),
    Setting("debug", "show requests and answers, secrets masked", "flag", is_key=False,
            flags=("--debug",)),
    Setting("no_color", "no colour, as NO_COLOR", "flag", is_key=False, flags=("--no-color",)),
)  # fmt: skip

BY_NAME = {setting.name: setting for setting in SETTINGS}
KEYS = tuple(setting for setting in SETTINGS if setting.is_key)
"""Those that a profile can have."""

KEYS_BY_NAME = {key.name: key for key in KEYS}
SECRET_VARIABLES = {key.variable: key.name for key in KEYS if key.is_secret and key.variable}
"""Variables that supply a secret of the chosen profile, whatever the file has for it."""

SHELLS_SECRETS = frozenset(name for key in KEYS if key.is_secret for name in key.openrc)
"""Variables of other tools that hold a secret."""


def is_secret(name: str) -> bool:
    """Return whether a key's value is never shown; unknown keys that sound like secrets count."""
    known = KEYS_BY_NAME.get(name)
    if known is not None:
        return known.is_secret
    return any(word in name.lower() for word in ("password", "secret", "token", "passcode"))
