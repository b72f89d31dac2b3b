"""Where the services are."""

import pytest

from evsrep.cloud.endpoints import compute_url, evs_url
from evsrep.cloud.models import Endpoint
from evsrep.errors import ConfigError

P = "0391e4486e864c26be5654c522f440f2"
IAM = "https://iam.eu-de.otc.t-systems.com/v3"


def entry(service: str, url: str, region: str = "eu-de", interface: str = "public") -> Endpoint:
    return Endpoint(service, interface, region, url)


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
    assert evs_url("", catalog, "", P, IAM).startswith("https://nl.")


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
