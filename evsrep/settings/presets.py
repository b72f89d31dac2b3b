"""The clouds that offer EVS, as far as their addresses follow from the region.

Source: the endpoint pages of the three vendors.
"""

from typing import NamedTuple


class Preset(NamedTuple):
    """A cloud: its name, how IAM's address follows from the region, and regions to choose from."""

    name: str
    auth_url: str
    regions: tuple[str, ...]


PRESETS = {
    "otc": Preset(
        "Open Telekom Cloud", "https://iam.{region}.otc.t-systems.com/v3", ("eu-de", "eu-nl")
    ),
    "huawei": Preset(
        "Huawei Cloud",
        "https://iam.{region}.myhuaweicloud.com/v3",
        ("cn-north-4", "ap-southeast-1"),
    ),
    "flexible-engine": Preset(
        "Flexible Engine",
        "https://iam.{region}.prod-cloud-ocb.orange-business.com/v3",
        ("eu-west-0",),
    ),
}
