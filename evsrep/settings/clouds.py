"""clouds.yaml, as openstacksdk has it: an entry of it as the values of a profile.

Nothing but the entry counts: the `OS_*` credentials are not looked at. No error repeats what the
files say, save names of clouds, keys and regions: the rest may be a secret.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from evsrep.errors import ConfigError
from evsrep.settings.presets import PRESETS
from evsrep.settings.resolve import Value, checked_value, nearest

_MOST_BYTES = 1024 * 1024
_MOST_NODES = 100_000  # what is written once may count a million times, by anchors of anchors
_NAMES = ("project", "user")
_KEYS = (  # a profile's key, and the names it has in an entry, in `auth` or beside it
    ("auth_url", ("auth_url",)),
    ("project_name", ("project_name", "tenant_name")),
    ("project_id", ("project_id", "tenant_id")),
    ("project_domain_name", ("project_domain_name", "domain_name")),
    ("project_domain_id", ("project_domain_id", "domain_id")),
    ("username", ("username", "user_name")),
    ("user_id", ("user_id",)),
    ("user_domain_name", ("user_domain_name", "domain_name")),
    ("user_domain_id", ("user_domain_id", "domain_id")),
    ("password", ("password",)),
    ("passcode", ("passcode",)),
    ("token", ("token", "auth_token")),
    ("access_key", ("access_key", "ak")),
    ("secret_key", ("secret_key", "sk")),
    ("security_token", ("security_token",)),
    ("ca_bundle", ("cacert",)),
    (
        "endpoint",
        (
            "volumev2_endpoint_override",
            "volume_endpoint_override",
            "block_storage_endpoint_override",
        ),
    ),
    ("compute_endpoint", ("compute_endpoint_override",)),
)
