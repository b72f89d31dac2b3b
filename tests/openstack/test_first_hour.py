"""From nothing to "this is you", on a terminal: Keystone signs in, the sandbox has the disks."""

import json
from pathlib import Path

import pytest

from evsrep.errors import ExitCode
from tests.conftest import Real, Spawn, answer_prompts

pytestmark = [pytest.mark.openstack, pytest.mark.xdist_group("openstack")]


def test_init_step_by_step_ends_in_who_you_are(
    spawn: Spawn, real: Real, served_elsewhere: str, keystone: dict[str, str], home: Path
) -> None:
    answers = {
        "cloud": "other",
        "region": keystone["OS_REGION_NAME"],
        "auth_url": keystone["OS_AUTH_URL"],
        "sign in by": "password",
        "user_domain_name": keystone["OS_USER_DOMAIN_NAME"],
        "username": keystone["OS_USERNAME"],
        "password": keystone["OS_PASSWORD"],
        "project_name": keystone["OS_PROJECT_NAME"],
    }
    child = spawn("profile", "init", "mine", "--endpoint", served_elsewhere)
    seen = answer_prompts(child, answers)
    assert child.exitstatus == ExitCode.DONE, seen
    assert keystone["OS_PASSWORD"] not in seen
    assert (home / ".config/evsrep/config.toml").stat().st_mode & 0o777 == 0o600

    found = json.loads(real("auth", "check", "-o", "json").stdout)
    assert found["user"] == keystone["OS_USERNAME"]
    assert found["project"] == keystone["OS_PROJECT_NAME"]
    assert found["region"] == keystone["OS_REGION_NAME"]
    assert found["endpoint"] == f"{served_elsewhere}/v2/{keystone['KS_PROJECT_ID']}"
    assert found["compute_endpoint"].endswith(f"/v2.1/{keystone['KS_PROJECT_ID']}")
    assert found["expires_at"]
