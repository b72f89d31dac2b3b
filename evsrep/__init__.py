"""evsrep: the command line for EVS replication, and what it is made of, for programs.

The names of `evsrep.library` are the stable face; it says how they are used. They are imported on
first touch, so that `import evsrep` costs nothing.
"""

from typing import TYPE_CHECKING, Any

__version__: str

if TYPE_CHECKING:
    from evsrep.library import *  # noqa: F403


def __getattr__(name: str) -> Any:
    """Import a name of the face when it is first touched."""
    if name == "__version__":
        from evsrep._version import __version__

        return __version__
    if name.startswith("_") or name == "library":  # what Python itself looks for
        raise AttributeError(f"module 'evsrep' has no attribute '{name}'")
    from evsrep import library

    if name not in vars(library):
        raise AttributeError(f"module 'evsrep' has no attribute '{name}'")
    return vars(library)[name]


def __dir__() -> list[str]:
    from evsrep import library

    face = [name for name in vars(library) if not name.startswith("_")]
    return sorted([*globals(), "__version__", *face])
