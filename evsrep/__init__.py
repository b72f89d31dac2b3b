"""evsrep: the command line for EVS replication, and what it is made of, for programs.

The names below are the stable face: `evsrep.library` says how they are used. Each is imported on
first touch, so that `import evsrep` costs nothing.
"""

from typing import TYPE_CHECKING, Any

__version__: str  # evsrep._version has it, on first touch as all else

_HOMES = {
    "evsrep._version": ("__version__",),
    "evsrep.library": ("act", "connect", "create_pair", "delete_pair", "wait_for_pair"),
    "evsrep.jobs.find": ("find_disk", "find_group", "find_pair"),
    "evsrep.cloud.client": ("Cloud",),
    "evsrep.cloud.models": (
        *("Disk", "Group", "GroupChange", "GroupOrder", "Pair", "PairOrder", "Server", "Session"),
    ),
    "evsrep.errors": (
        *("AuthError", "ConfigError", "EvsrepError", "ExitCode", "Failed", "InternalError"),
        *("NotFound", "NotOffered", "OutcomeUnknown", "PasscodeWanted", "Refused", "ServiceError"),
        *("Unavailable", "UsageFault", "WaitTimeout"),
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

if TYPE_CHECKING:
    from evsrep.cloud.client import Cloud as Cloud
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
    from evsrep.errors import NotFound as NotFound
    from evsrep.errors import NotOffered as NotOffered
    from evsrep.errors import OutcomeUnknown as OutcomeUnknown
    from evsrep.errors import PasscodeWanted as PasscodeWanted
    from evsrep.errors import Refused as Refused
    from evsrep.errors import ServiceError as ServiceError
    from evsrep.errors import Unavailable as Unavailable
    from evsrep.errors import UsageFault as UsageFault
    from evsrep.errors import WaitTimeout as WaitTimeout
    from evsrep.jobs.find import find_disk as find_disk
    from evsrep.jobs.find import find_group as find_group
    from evsrep.jobs.find import find_pair as find_pair
    from evsrep.library import act as act
    from evsrep.library import connect as connect
    from evsrep.library import create_pair as create_pair
    from evsrep.library import delete_pair as delete_pair
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
