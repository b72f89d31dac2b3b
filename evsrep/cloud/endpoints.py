"""Where the services are: out of the catalog, a profile's own words, or the scheme of the URLs.

Source: the endpoint sections of the public API references. `links` and `next` URLs in bodies are
never followed: they point at internal hosts.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from evsrep.cloud.models import Endpoint
from evsrep.errors import ConfigError

_EVS_TYPES = ("volumev2", "evs", "volume", "volumev3")
_COMPUTE_TYPES = ("compute",)
_PLACEHOLDER = re.compile(r"[$%]\((?:tenant|project)_id\)s")


def evs_url(
    given: str, catalog: tuple[Endpoint, ...], region: str, project_id: str, auth_url: str
) -> str:
    """The base of every EVS request: it ends in `/v2/{project_id}`, without a slash."""
    found = given or from_catalog(catalog, _EVS_TYPES, region)
    if not found and not catalog:
        found = _by_scheme(auth_url, "evs")
    if not found:
        raise _no_endpoint(catalog, region)
    return _with_project(found, "v2", project_id)


def _no_endpoint(catalog: Iterable[Endpoint], region: str) -> ConfigError:
    """Why EVS is not to be found; where it is only in other regions, these are named."""
    disks = [each for each in catalog if each.service in _EVS_TYPES and each.interface == "public"]
    regions = sorted({each.region for each in disks})
    if regions:
        return ConfigError(
            f"the catalog names no EVS endpoint for region {region}",
            hint=f"set 'region' in the profile to one that it names: {', '.join(regions)}",
        )
    return ConfigError(
        "the catalog names no EVS endpoint", hint="set 'endpoint' in the profile to EVS's address"
    )


def compute_url(
    given: str, catalog: tuple[Endpoint, ...], region: str, project_id: str, auth_url: str
) -> str:
    """The base of every request for a server; empty where none is known."""
    found = from_catalog(catalog, _COMPUTE_TYPES, region)
    if given or (not found and not catalog):
        found = given or _by_scheme(auth_url, "ecs")
        return _with_project(found, "v2.1", project_id) if found else ""
    return _filled(found, project_id)


def from_catalog(catalog: Iterable[Endpoint], types: tuple[str, ...], region: str) -> str:
    """The public URL of the first of these types, in the region where one is known."""
    fitting = [
        each
        for each in catalog
        if each.interface == "public" and (not region or each.region in (region, "", "*"))
    ]
    for service in types:
        for endpoint in fitting:
            if endpoint.service == service:
                return endpoint.url
    return ""


def _by_scheme(auth_url: str, service: str) -> str:
    """`https://iam.…` becomes `https://evs.…`; other hosts tell nothing."""
    parts = urlsplit(auth_url)
    if not parts.netloc.startswith("iam."):
        return ""
    return f"{parts.scheme}://{service}.{parts.netloc.removeprefix('iam.')}"


def _with_project(url: str, version: str, project_id: str) -> str:
    """The URL up to and with version and project, however much of that it has already."""
    base = _filled(url, project_id).removesuffix(f"/{project_id}")
    base = re.sub(r"/v\d+(\.\d+)?$", "", base)  # replication is v2 only, also where disks are v3
    return f"{base}/{version}/{project_id}"


def _filled(url: str, project_id: str) -> str:
    return _PLACEHOLDER.sub(project_id, url).rstrip("/")
