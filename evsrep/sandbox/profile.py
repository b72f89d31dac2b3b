"""How to sign in to a sandbox: the profile that needs no setting up."""

from evsrep.sandbox.seed import DEMO, DOMAIN, MAIN, REGION


def ready_profile(base_url: str) -> dict[str, str]:
    """Return the keys of a profile for the sandbox that answers at `base_url`."""
    return {
        "auth_url": f"{base_url.rstrip('/')}/v3",
        "region": REGION,
        "username": DEMO.name,
        "user_domain_name": DOMAIN.name,
        "password": DEMO.password,
        "project_name": MAIN.name,
    }
