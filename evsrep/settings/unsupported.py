"""Ways to sign in that evsrep does not speak: refused by name, whatever asks for them.

Not to look at such a key would be to work as somebody else, or in another project, than is meant.
"""

from collections.abc import Iterable

from evsrep.errors import ConfigError

_AGENCY = "signing in by an agency is not supported"
_FEDERATION = "single sign-on (federation) is not supported"
_REASONS = {  # by how the key of a profile or of clouds.yaml, or the variable, begins
    "application_credential": "application credentials are not offered by these clouds",
    "agency": _AGENCY,
    "delegated_project": _AGENCY,
    "assume_role": _AGENCY,
    "trust_id": "signing in by a trust is not supported",
    "system_scope": "a token for the whole system is not supported",
}
_FEDERATIONS = ("identity_provider", "protocol", "discovery_endpoint", "access_token")
_HINT = "sign in by username, password and user_domain_name, or by access_key and secret_key"


def check_is_supported(keys: Iterable[tuple[str, str]], *, auth_type: str = "") -> None:
    """Raise ConfigError where a key asks for a way to sign in that evsrep does not speak.

    Each is a name as in clouds.yaml, and how a person would call it where it stands. What belongs
    to single sign-on is refused where no `auth_type` says, in its own right, what is meant.
    """
    for key, called in keys:
        reason = next((why for start, why in _REASONS.items() if key.startswith(start)), "")
        if not reason and key in _FEDERATIONS and not auth_type:
            reason = _FEDERATION
        if reason:
            raise ConfigError(f"{called}: {reason}", hint=_HINT)
