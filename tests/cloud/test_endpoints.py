"""Where the services are."""

import pytest

from evsrep.cloud import endpoints
from evsrep.cloud.endpoints import Places, region_of
from evsrep.cloud.models import Endpoint, Session
from evsrep.errors import ConfigError

P = "0391e4486e864c26be5654c522f440f2"
IAM = "https://iam.eu-de.otc.t-systems.com/v3"


def entry(service: str, url: str, region: str = "eu-de", interface: str = "public") -> Endpoint:
    return Endpoint(service, interface, region, url)


def session(*catalog: Endpoint, project: str = "") -> Session:
    return Session("a token", "", "alice", "", P, project, catalog)


def evs_url(
    own: str, catalog: tuple[Endpoint, ...], region: str, project: str, auth_url: str
) -> str:
    places = Places(auth_url, region, endpoint=own)
    return endpoints.evs_url(places, lambda: session(*catalog), project)


def compute_url(
    own: str, catalog: tuple[Endpoint, ...], region: str, project: str, auth_url: str
) -> str:
    places = Places(auth_url, region, compute_endpoint=own)
    return endpoints.compute_url(places, lambda: session(*catalog), project)


@pytest.mark.parametrize(
    "url",
    [
        f"https://evs.example.com/v2/{P}",
        f"https://evs.example.com/v2/{P}/",
        "https://evs.example.com/v2/$(tenant_id)s",
        "https://evs.example.com/v2/%(project_id)s",
        "https://evs.example.com/v2",
        "https://evs.example.com/",
        f"https://evs.example.com/v3/{P}",
    ],
)
def test_every_way_to_write_an_endpoint_is_put_right(url: str) -> None:
    wanted = f"https://evs.example.com/v2/{P}"
    assert evs_url(url, (), "", P, IAM) == wanted
    assert evs_url("", (entry("volumev2", url),), "eu-de", P, IAM) == wanted


def test_the_types_are_taken_in_their_order() -> None:
    catalog = tuple(
        entry(service, f"https://{service}.example.com")
        for service in ("volumev3", "volume", "evs", "volumev2")
    )
    for number, service in ((4, "volumev2"), (3, "evs"), (2, "volume"), (1, "volumev3")):
        found = evs_url("", catalog[:number], "eu-de", P, IAM)
        assert found == f"https://{service}.example.com/v2/{P}"


def test_region_and_interface_choose_among_several() -> None:
    catalog = (
        entry("volumev2", "https://internal.example.com", interface="internal"),
        entry("volumev2", "https://nl.example.com", "eu-nl"),
        entry("volumev2", "https://de.example.com", "eu-de"),
    )
    assert evs_url("", catalog, "eu-de", P, IAM).startswith("https://de.")
    assert evs_url("", catalog, "eu-nl", P, IAM).startswith("https://nl.")


@pytest.mark.parametrize(
    ("places", "project", "region"),
    [
        (Places(IAM, "eu-nl"), "eu-de_prod", "eu-nl"),
        (Places(IAM, project_name="eu-nl"), "", "eu-nl"),
        (Places(IAM, project_name="eu-nl_prod"), "", "eu-nl"),
        (Places(IAM), "eu-nl", "eu-nl"),
        (Places(IAM), "eu-nl_prod", "eu-nl"),
        (Places(IAM, project_name="my_project"), "my_project", "eu-de"),
        (Places(IAM), "", "eu-de"),
    ],
)
def test_the_region_follows_from_the_profile_the_project_or_iams_address(
    places: Places, project: str, region: str
) -> None:
    catalog = [
        entry("volumev2", f"https://{each}.example.com", each) for each in ("eu-de", "eu-nl")
    ]
    assert region_of(places, lambda: session(*catalog, project=project)) == region


def test_a_region_that_nobody_named_is_asked_for_with_those_there_are() -> None:
    catalog = tuple(entry("evs", f"https://{it}.example.com", it) for it in ("eu-nl", "eu-de"))
    for project in ("my_project", "eu", "eu-de-2_prod", ""):
        places = Places("https://keystone.example.com/v3", project_name=project)
        for url in (endpoints.evs_url, endpoints.compute_url):
            with pytest.raises(ConfigError, match="has eu-de, eu-nl") as caught:
                url(places, lambda: session(*catalog), P)
            assert "region" in caught.value.hint
    assert region_of(places, lambda: session(catalog[0])) == "eu-nl"


@pytest.mark.parametrize("region", ["", "*"])
def test_an_endpoint_for_every_region_fits_each(region: str) -> None:
    catalog = (entry("volumev2", "https://any.example.com", region),)
    assert evs_url("", catalog, "eu-de", P, IAM) == f"https://any.example.com/v2/{P}"


def test_without_a_catalog_the_address_follows_from_iams() -> None:
    assert evs_url("", (), "", P, IAM) == f"https://evs.eu-de.otc.t-systems.com/v2/{P}"
    assert compute_url("", (), "", P, IAM) == f"https://ecs.eu-de.otc.t-systems.com/v2.1/{P}"


def test_no_endpoint_at_all_says_which_key_helps() -> None:
    with pytest.raises(ConfigError, match="no EVS endpoint") as caught:
        evs_url("", (), "eu-de", P, "https://keystone.example.com/v3")
    assert "endpoint" in caught.value.hint


def test_a_region_that_the_catalog_lacks_is_told_with_those_it_has_and_none_is_guessed() -> None:
    catalog = (
        entry("volumev3", "https://b.example.com", "eu-nl"),
        entry("volumev2", "https://a.example.com", "eu-at"),
        entry("compute", "https://c.example.com", "eu-xx"),
    )
    with pytest.raises(ConfigError, match="for region eu-de") as caught:
        evs_url("", catalog, "eu-de", P, IAM)
    assert caught.value.hint.endswith("eu-at, eu-nl")


def test_a_catalog_without_servers_has_none() -> None:
    catalog = (entry("volumev2", "https://evs.example.com"),)
    assert compute_url("", catalog, "eu-de", P, IAM) == ""


@pytest.mark.parametrize("given", ["https://ecs.example.com", f"https://ecs.example.com/v2.1/{P}/"])
def test_a_given_compute_endpoint_wins(given: str) -> None:
    catalog = (entry("compute", "https://other.example.com"),)
    assert compute_url(given, catalog, "eu-de", P, IAM) == f"https://ecs.example.com/v2.1/{P}"


def test_a_catalogs_compute_endpoint_is_taken_as_it_is() -> None:
    catalog = (entry("compute", "https://ecs.example.com/v2.1/%(project_id)s"),)
    assert compute_url("", catalog, "eu-de", P, IAM) == f"https://ecs.example.com/v2.1/{P}"
