"""A verb: a function of a cloud, options and a reporter, which a program may call with keywords."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, overload

from evsrep.cloud.client import Cloud
from evsrep.jobs.ids import as_meant
from evsrep.jobs.report import Reporter

P = ParamSpec("P")
O_contra = TypeVar("O_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


class Verb(Protocol, Generic[P, O_contra, R_co]):
    """`verb(cloud, options, reporter)`, or the options' fields by their names."""

    __name__: str

    @overload
    def __call__(
        self, cloud: Cloud, options: O_contra, reporter: Reporter | None = None, /
    ) -> R_co: ...

    @overload
    def __call__(self, cloud: Cloud, /, *fields: P.args, **named: P.kwargs) -> R_co: ...


def verb(
    options_type: Callable[P, O_contra],
) -> Callable[[Callable[[Cloud, O_contra, Reporter], R]], Verb[P, O_contra, R]]:
    """Make a verb of a function; without a reporter it talks to the logger `evsrep`."""

    def make(run: Callable[[Cloud, O_contra, Reporter], R]) -> Verb[P, O_contra, R]:
        @functools.wraps(run)
        def called(cloud: Cloud, *args: Any, **named: Any) -> R:
            if named or not args or not isinstance(args[0], options_type):  # type: ignore[arg-type]
                args = (options_type(*args, **named),)
            options, reporter = (*args, None)[:2]
            options = _with_ids_as_meant(options)
            return run(cloud, options, reporter or Reporter(cloud.secrets))

        return called  # type: ignore[return-value]

    return make


_NAMING = frozenset(
    {
        *(
            "pair",
            "pairs",
            "add",
            "remove",
            "group",
            "groups",
            "disk",
            "fits",
            "server",
            "dr_server",
        ),
        *("production_disk", "dr_disk", "volume_ids"),
    }
)
"""The options that name things of the cloud."""


def _with_ids_as_meant(options: Any) -> Any:
    """Return the options with IDs less what was pasted with them, whoever typed them."""
    meant: dict[str, Any] = {}
    for field in _NAMING.intersection(options.__dataclass_fields__):
        given = getattr(options, field)
        if isinstance(given, str):
            meant[field] = as_meant(given)
        elif isinstance(given, Sequence) and all(isinstance(each, str) for each in given):
            meant[field] = tuple(map(as_meant, given))
    return replace(options, **meant) if meant else options
