"""Whether anything may be changed at all: what a profile that is read_only or protected wants."""

from typing import NamedTuple

from evsrep.errors import Refused


class ChangeGuard(NamedTuple):
    """What stands between a client and what changes anything.

    `is_named` is whether the profile was named for this run itself: by flag, or by the program.
    """

    profile: str = ""
    is_read_only: bool = False
    is_protected: bool = False
    is_named: bool = False

    def check(self, *, yes: bool) -> None:
        """Raise Refused where the profile forbids changes, or wants more than was said."""
        if self.is_read_only:
            raise Refused(
                f"profile '{self.profile}' is read_only",
                hint=f"'evsrep profile set {self.profile} read_only=false' lifts that",
            )
        if self.is_protected and not (self.is_named and yes):
            raise Refused(
                f"profile '{self.profile}' is protected",
                hint=f"say it in full: -p {self.profile} and --yes, both on the command line",
            )


UNGUARDED = ChangeGuard()
