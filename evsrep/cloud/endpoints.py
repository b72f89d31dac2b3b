"""Where the services are: out of the catalog, the profile, or the scheme of the URLs.

Source: the endpoint lists of Open Telekom Cloud, Huawei Cloud and Flexible Engine, as gathered in
November 2026. `links` and `next` URLs in bodies are never followed: they point at internal hosts.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from evsrep.cloud.models import Endpoint, Session
from evsrep.errors import ConfigError, Unavailable
from evsrep.secrets import shown_url

_EVS_TYPES = ("volumev2", "evs", "volume", "volumev3")
_COMPUTE_TYPES = ("compute",)
_SDRS_TYPES = ("sdrs",)
_PLACEHOLDER = re.compile(r"[$%]\((?:tenant|project)_id\)s|\$?\{(?:tenant|project)_id\}")
_CALL = re.compile(r"/(?:os-vendor-replication|cloudvolumes|volumes|cloudservers|servers)[^?#]*$")
_PROJECT = re.compile(r"/v\d+(?:\.\d+)?/([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})$", re.I)


class Places(NamedTuple):
    """What a profile says of where things are; empty text is what it does not say."""

    auth_url: str = ""
    region: str = ""
    project_name: str = ""
    endpoint: str = ""
    compute_endpoint: str = ""


def evs_url(places: Places, session: Callable[[], Session], project_id: str) -> str:
    """Return the base of every EVS request: it ends in `/v2/{project_id}`, without a slash.

    The session is only asked for where the profile names no endpoint. Raises ConfigError where
    there is none, Unavailable where the catalog's can't be used, and what a sign-in raises.
    """
    if places.endpoint:
        return _with_project(_own("endpoint", places.endpoint, project_id), "v2", project_id)
    catalog, region = session().catalog, region_of(places, session)
    endpoint = from_catalog(catalog, _EVS_TYPES, region)
    if endpoint is not None:
        return _checked(_with_project(endpoint.url, "v2", project_id), endpoint)
    by_scheme = "" if catalog else _by_scheme(places.auth_url, "evs")
    if not by_scheme:
        raise _no_endpoint(catalog, region)
    return _with_project(by_scheme, "v2", project_id)


def compute_url(places: Places, session: Callable[[], Session], project_id: str) -> str:
    """Return the base of every request for a server; empty where none is known.

    Raises as `evs_url`.
    """
    if places.compute_endpoint:
        url = _own("compute_endpoint", places.compute_endpoint, project_id)
        return _with_project(url, "v2.1", project_id)
    catalog = session().catalog
    endpoint = from_catalog(catalog, _COMPUTE_TYPES, region_of(places, session))
    if endpoint is not None:
        return _checked(_filled(endpoint.url, project_id), endpoint)
    base = "" if catalog else _by_scheme(places.auth_url, "ecs")
    return _with_project(base, "v2.1", project_id) if base else ""


def sdrs_url(places: Places, session: Callable[[], Session], project_id: str) -> str:
    """Return the base of what is asked of SDRS; empty where none is known. Raises as `evs_url`."""
    catalog = session().catalog
    endpoint = from_catalog(catalog, _SDRS_TYPES, region_of(places, session))
    if endpoint is not None:
        return _checked(_with_project(endpoint.url, "v1", project_id), endpoint)
    base = "" if catalog else _by_scheme(places.auth_url, "sdrs")
    return _with_project(base, "v1", project_id) if base else ""


def region_of(places: Places, session: Callable[[], Session]) -> str:
    """Return the region: the profile's, else what project, IAM's address or catalog leave.

    A project is called like its region, or begins with it and `_`; neither counts where the
    catalog has no such region. Raises ConfigError where several are left.
    """
    if places.region:
        return places.region
    offered = _regions(session().catalog)
    host = (urlsplit(places.auth_url).hostname or "").split(".")
    for name in (places.project_name, session().project, *host[1:2]):
        for region in (name, name.partition("_")[0]):
            if region in offered:
                return region
    if len(offered) > 1:
        raise ConfigError(
            f"nothing says which region is meant; the catalog has {', '.join(offered)}",
            hint="set 'region' in the profile",
        )
    return offered[0] if offered else ""


def without_user(url: str) -> str:
    """Return a usable URL without what it has before `@`: no request needs it, and logs show it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in url else url


def quoted(word: str) -> str:
    """Return a word as one segment of a path, whatever is in it."""
    if word in (".", ".."):  # which by themselves lead upward
        return word.replace(".", "%2E")
    return quote(word, safe="", errors="surrogatepass")


def from_catalog(
    catalog: Iterable[Endpoint], types: tuple[str, ...], region: str
) -> Endpoint | None:
    """Return the public endpoint of the first of these types, in the region where one is known."""
    fitting = [
        endpoint
        for endpoint in catalog
        if endpoint.interface == "public" and (not region or endpoint.region in (region, "", "*"))
    ]
    for service in types:
        for endpoint in fitting:
            if endpoint.service == service:
                return endpoint
    return None


def _no_endpoint(catalog: Iterable[Endpoint], region: str) -> ConfigError:
    """Say why EVS is not to be found; where it is only in other regions, these are named."""
    regions = _regions(catalog)
    if regions:
        return ConfigError(
            f"the catalog names no EVS endpoint for region {region}",
            hint=f"set 'region' in the profile to one that it names: {', '.join(regions)}",
        )
    return ConfigError(
        "the catalog names no EVS endpoint", hint="set 'endpoint' in the profile to EVS's address"
    )


def _regions(catalog: Iterable[Endpoint]) -> list[str]:
    """Return the regions for which the catalog has EVS, in order."""
    public = (endpoint for endpoint in catalog if endpoint.interface == "public")
    regions = {endpoint.region for endpoint in public if endpoint.service in _EVS_TYPES}
    return sorted(regions - {"", "*"})


def _checked(url: str, endpoint: Endpoint) -> str:
    """Return a URL that came from the catalog, if it is one."""
    from evsrep.cloud.urls import is_usable  # which needs httpx, slow to import

    if is_usable(url):
        return without_user(url)
    raise Unavailable(
        f"the catalog's address of service '{endpoint.service}' is no URL: "
        f"{shown_url(endpoint.url)}",
        hint="set 'endpoint' or 'compute_endpoint' in the profile to where the service is",
    )


def _own(key: str, url: str, project_id: str) -> str:
    """Return an address of the profile without the path of a call, as people paste them.

    Raises ConfigError where it is another project's.
    """
    url = _CALL.sub("", _filled(url, project_id))
    named = _PROJECT.search(url)
    if named is None or named[1] == project_id:
        return url
    raise ConfigError(
        f"{key} in the profile is of project {named[1]}, but the project is {project_id}",
        hint=f"leave the project's ID out of {key}, or set project_id to it",
    )


def _by_scheme(auth_url: str, service: str) -> str:
    """Make `https://evs.…` of `https://iam.…`; of other hosts nothing follows."""
    parts = urlsplit(auth_url)
    if not parts.netloc.startswith("iam."):
        return ""
    return f"{parts.scheme}://{service}.{parts.netloc.removeprefix('iam.')}"


def _with_project(url: str, version: str, project_id: str) -> str:
    """Return the URL up to and with version and project, however much of that it has already."""
    project = quoted(project_id)
    base = _filled(url, project_id).removesuffix(f"/{project}").removesuffix(f"/{project_id}")
    base = re.sub(r"/v\d+(\.\d+)?$", "", base)  # replication is v2 only, also where disks are v3
    return f"{base}/{version}/{project}"


def _filled(url: str, project_id: str) -> str:
    return _PLACEHOLDER.sub(lambda _: quoted(project_id), url).rstrip("/")
