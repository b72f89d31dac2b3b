"""evsrep: the command line for EVS replication, and what it is made of, for programs.

The names below are the stable face: `evsrep.library` says how they are used. Each is imported on
first touch, so that `import evsrep` costs nothing.
"""

from typing import TYPE_CHECKING, Any

__version__: str  # evsrep._version has it, on first touch as all else

_HOMES = {
    "evsrep._version": ("__version__",),
    "evsrep.library": (
        *("ActOptions", "ApplyOptions", "CreateOptions", "DeleteOptions", "ExpandOptions"),
        *("ExportOptions", "GroupCreateOptions", "GroupDeleteOptions", "GroupListOptions"),
        *("GroupUpdateOptions", "GroupWaitOptions", "HealthOptions", "ListOptions"),
        *("LogReporter", "ReadyOptions", "WaitOptions", "act", "apply_pairs", "connect"),
        *("create_group", "create_pair", "delete_group", "delete_pair", "delete_pairs"),
        *("expand_pairs", "export", "find_disk", "find_group", "find_pair", "list_groups"),
        *("list_pairs", "look_at_health", "plan_pair", "rehearse", "update_group"),
        *("wait_for_group", "wait_for_pair"),
    ),
    "evsrep.cloud.client": ("Cloud",),
    "evsrep.cloud.models": (
        *("Defaults", "Disk", "Group", "GroupChange", "GroupOrder", "Pair", "PairOrder"),
        *("Server", "Session"),
    ),
    "evsrep.errors": (
        *("AuthError", "ConfigError", "EvsrepError", "ExitCode", "Failed", "InternalError"),
        *("Interrupted", "NotFound", "NotOffered", "OutcomeUnknown", "Partial"),
        *("PasscodeWanted", "Refused", "ServiceError", "Unavailable", "UsageFault"),
        *("WaitTimeout",),
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud as Cloud
    from evsrep.cloud.models import Defaults as Defaults
    from evsrep.cloud.models import Disk as Disk
    from evsrep.cloud.models import Group as Group
    from evsrep.cloud.models import GroupChange as GroupChange
    from evsrep.cloud.models import GroupOrder as GroupOrder
    from evsrep.cloud.models import Pair as Pair
    from evsrep.cloud.models import PairOrder as PairOrder
    from evsrep.cloud.models import Server as Server
    from evsrep.cloud.models import Session as Session
    from evsrep.errors import AuthError as AuthError
    from evsrep.errors import ConfigError as ConfigError
    from evsrep.errors import EvsrepError as EvsrepError
    from evsrep.errors import ExitCode as ExitCode
    from evsrep.errors import Failed as Failed
    from evsrep.errors import InternalError as InternalError
    from evsrep.errors import Interrupted as Interrupted
    from evsrep.errors import NotFound as NotFound
    from evsrep.errors import NotOffered as NotOffered
    from evsrep.errors import OutcomeUnknown as OutcomeUnknown
    from evsrep.errors import Partial as Partial
    from evsrep.errors import PasscodeWanted as PasscodeWanted
    from evsrep.errors import Refused as Refused
    from evsrep.errors import ServiceError as ServiceError
    from evsrep.errors import Unavailable as Unavailable
    from evsrep.errors import UsageFault as UsageFault
    from evsrep.errors import WaitTimeout as WaitTimeout
    from evsrep.library import ActOptions as ActOptions
    from evsrep.library import ApplyOptions as ApplyOptions
    from evsrep.library import CreateOptions as CreateOptions
    from evsrep.library import DeleteOptions as DeleteOptions
    from evsrep.library import ExpandOptions as ExpandOptions
    from evsrep.library import ExportOptions as ExportOptions
    from evsrep.library import GroupCreateOptions as GroupCreateOptions
    from evsrep.library import GroupDeleteOptions as GroupDeleteOptions
    from evsrep.library import GroupListOptions as GroupListOptions
    from evsrep.library import GroupUpdateOptions as GroupUpdateOptions
    from evsrep.library import GroupWaitOptions as GroupWaitOptions
    from evsrep.library import HealthOptions as HealthOptions
    from evsrep.library import ListOptions as ListOptions
    from evsrep.library import LogReporter as LogReporter
    from evsrep.library import ReadyOptions as ReadyOptions
    from evsrep.library import WaitOptions as WaitOptions
    from evsrep.library import act as act
    from evsrep.library import apply_pairs as apply_pairs
    from evsrep.library import connect as connect
    from evsrep.library import create_group as create_group
    from evsrep.library import create_pair as create_pair
    from evsrep.library import delete_group as delete_group
    from evsrep.library import delete_pair as delete_pair
    from evsrep.library import delete_pairs as delete_pairs
    from evsrep.library import expand_pairs as expand_pairs
    from evsrep.library import export as export
    from evsrep.library import find_disk as find_disk
    from evsrep.library import find_group as find_group
    from evsrep.library import find_pair as find_pair
    from evsrep.library import list_groups as list_groups
    from evsrep.library import list_pairs as list_pairs
    from evsrep.library import look_at_health as look_at_health
    from evsrep.library import plan_pair as plan_pair
    from evsrep.library import rehearse as rehearse
    from evsrep.library import update_group as update_group
    from evsrep.library import wait_for_group as wait_for_group
    from evsrep.library import wait_for_pair as wait_for_pair


def __getattr__(name: str) -> Any:
    """Import a name of the face when it is first touched."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'evsrep' has no attribute '{name}'")
    import importlib

    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
