"""Odd catalogs, several domains, tokens that have ended: what only a real Keystone has."""

import json
import time
import urllib.request

import pytest

from evsrep.errors import ExitCode
from tests.conftest import Run
from tests.openstack.conftest import ask, keystone_with, source

pytestmark = [pytest.mark.openstack, pytest.mark.xdist_group("openstack")]

Set = pytest.MonkeyPatch


ODD = """evs|evs|http://127.0.0.1:1/v2/%(project_id)s/
volume|disks|http://127.0.0.1:2/v2
volumev3|cinderv3|http://127.0.0.1:3/v3/$(tenant_id)s
compute|nova|http://127.0.0.1:4/v2.1"""


def test_an_odd_catalog_leads_to_the_disks_as_long_as_it_names_them(
    cloud: Run, monkeypatch: Set
) -> None:
    with keystone_with(KS_CATALOG=ODD) as found:
        source(found, monkeypatch)
        admin, identity = admin_token(found), found["OS_AUTH_URL"]
        for service, port in (("evs", 1), ("volume", 2), ("volumev3", 3)):
            seen = cloud("auth", "check", "-o", "json").json["endpoint"]
            assert seen == f"http://127.0.0.1:{port}/v2/{found['KS_PROJECT_ID']}"
            gone = ask(admin, f"{identity}/services?type={service}", "GET")["services"][0]
            ask(admin, f"{identity}/services/{gone['id']}", "DELETE")
            assert cloud("auth", "logout").exit_code == ExitCode.DONE  # the catalog is kept, too
        done = cloud("list")
    assert done.exit_code == ExitCode.CONFIG
    assert "the catalog names no EVS endpoint" in done.stderr
    assert "set 'endpoint'" in done.stderr


def test_a_region_that_is_not_in_the_catalog_names_those_that_are(
    cloud: Run, openrc: dict[str, str], monkeypatch: Set
) -> None:
    monkeypatch.setenv("OS_REGION_NAME", "eu-elsewhere")
    done = cloud("list")
    assert done.exit_code == ExitCode.CONFIG
    assert "eu-elsewhere" in done.stderr
    assert openrc["OS_REGION_NAME"] in done.stderr


def test_two_users_of_one_name_are_told_apart_by_their_domains(
    cloud: Run, openrc: dict[str, str], monkeypatch: Set
) -> None:
    project_id = second_user(openrc)
    assert cloud("auth", "check", "-o", "json").json["project_id"] == openrc["KS_PROJECT_ID"]
    for variable, value in {
        "OS_USER_DOMAIN_NAME": "second-domain",
        "OS_PROJECT_DOMAIN_NAME": "second-domain",
        "OS_PASSWORD": "another pass",
    }.items():
        monkeypatch.setenv(variable, value)
    done = cloud("auth", "check", "-o", "json")
    assert done.json["user_domain"] == "second-domain"
    assert done.json["project_id"] == project_id
    monkeypatch.setenv("OS_PASSWORD", openrc["OS_PASSWORD"])
    assert cloud("auth", "logout").exit_code == ExitCode.DONE
    assert cloud("auth", "check").exit_code == ExitCode.AUTH


def test_a_domain_name_where_its_id_is_wanted_is_refused(
    cloud: Run, openrc: dict[str, str], monkeypatch: Set
) -> None:
    monkeypatch.delenv("OS_USER_DOMAIN_NAME")
    monkeypatch.setenv("OS_USER_DOMAIN_ID", openrc["OS_USER_DOMAIN_NAME"])
    done = cloud("auth", "check")
    assert done.exit_code == ExitCode.AUTH
    assert "user, password, domain or project" in done.stderr
    monkeypatch.setenv("OS_USER_DOMAIN_ID", openrc["KS_DOMAIN_ID"])
    assert cloud("auth", "check").exit_code == ExitCode.DONE


def test_a_given_token_that_has_ended_is_refused(
    cloud: Run, short_lived: dict[str, str], monkeypatch: Set
) -> None:
    source(short_lived, monkeypatch)
    token = cloud("auth", "token").stdout.strip()
    for name in ("OS_USERNAME", "OS_PASSWORD"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("OS_TOKEN", token)
    time.sleep(int(short_lived["KS_EXPIRY"]) + 0.1)
    done = cloud("auth", "check")
    assert done.exit_code == ExitCode.AUTH
    assert "not valid, or has expired" in done.stderr


def second_user(openrc: dict[str, str]) -> str:
    """Make a user and a project of the same names in another domain; the project's ID."""
    identity = openrc["OS_AUTH_URL"]
    admin = admin_token(openrc)
    domain = ask(admin, f"{identity}/domains", domain={"name": "second-domain"})["domain"]["id"]
    about = {"domain_id": domain, "name": openrc["OS_PROJECT_NAME"]}
    project: str = ask(admin, f"{identity}/projects", project=about)["project"]["id"]
    about = {"domain_id": domain, "name": openrc["OS_USERNAME"], "password": "another pass"}
    user = ask(admin, f"{identity}/users", user=about)["user"]["id"]
    roles = ask(admin, f"{identity}/roles?name=member", "GET")["roles"]
    grant = f"{identity}/projects/{project}/users/{user}/roles/{roles[0]['id']}"
    ask(admin, grant, "PUT")
    return project


def admin_token(openrc: dict[str, str]) -> str:
    """A token of the administrator, whom the up-script makes."""
    domain = {"name": "Default"}
    user = {"name": "admin", "domain": domain, "password": openrc["KS_ADMIN_PASSWORD"]}
    order = {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"name": "admin", "domain": domain}},
    }
    request = urllib.request.Request(
        f"{openrc['OS_AUTH_URL']}/auth/tokens",
        json.dumps({"auth": order}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(answer.headers["X-Subject-Token"])
