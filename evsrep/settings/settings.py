"""What the user has decided for one run, for commands and for programs alike.

A flag, or what a program gives, beats a variable, which beats the profile, which beats the default.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from evsrep.errors import ConfigError, UsageFault
from evsrep.settings.declarations import BY_NAME
from evsrep.settings.files import is_in_reach
from evsrep.settings.paths import config_file, expanded, if_any, state_folder
from evsrep.settings.profile import ENVIRONMENT, SANDBOX, Profile
from evsrep.settings.profiles import ProfileFile, read_profiles
from evsrep.settings.resolve import choose, load
from evsrep.settings.values import fault_of, parse


class Settings:
    """The settings of one run. Files are read when they are asked for, and once."""

    def __init__(
        self,
        environ: Mapping[str, str],
        given: Mapping[str, Any],
        built_in: Callable[[str], Profile],
        *,
        named_by: str = "--profile",
    ) -> None:
        """Take what was `given`, by name: None, like an empty name or path, is not given.

        `built_in` makes the profile 'sandbox' of what chose it; `named_by` is how a profile's name
        was given, as a person would say it.
        """
        self.environ = environ
        self._given = given
        self._built_in = built_in
        self._named_by = named_by

    @property
    def is_named(self) -> bool:
        """Whether the profile was named for this very run, which a variable does not."""
        return bool(self._given.get("profile"))

    @cached_property
    def config_path(self) -> Path:
        """Where the profile file is, whether or not it exists.

        Raises ConfigError where there is no home folder.
        """
        named = self.value("config")
        return expanded(Path(named)) if named else config_file(self.environ)

    @cached_property
    def journal_path(self) -> Path:
        """Where the journal is, whether or not it exists.

        Raises ConfigError where there is no home folder.
        """
        return state_folder(self.environ) / "journal.jsonl"

    @cached_property
    def profile_file(self) -> ProfileFile:
        """The profile file, read; without a home folder it says nothing.

        So does somebody else's where the environment says all. Raises ConfigError where it is there
        and is no profile file.
        """
        if not self.value("config"):
            path = if_any(config_file, self.environ)
            is_needed = self.value("profile") != ENVIRONMENT
            if path is None or not (is_needed or is_in_reach(path)):
                return ProfileFile(Path(), {})
        return read_profiles(self.config_path)

    @cached_property
    def profile(self) -> Profile:
        """The profile of this run.

        Raises ConfigError where none is chosen, or there is no such profile or file, or a value of
        it is wrong.
        """
        if self.value("config") and not self.config_path.exists():
            hint = "'evsrep profile init NAME' makes it"
            raise ConfigError(f"there is no profile file {self.config_path}", hint=hint)
        name = self.value("profile")
        if name:
            variable = BY_NAME["profile"].variable
            return self.profile_named(name, self._named_by if self.is_named else variable)
        return self.profile_named(*choose(self.profile_file, self.environ))

    def profile_named(self, name: str, chosen_by: str) -> Profile:
        """Return a profile by its name.

        Raises ConfigError where there is none, or a value of it is wrong.
        """
        if name == SANDBOX:
            return self._built_in(chosen_by)
        return load(name, chosen_by, self.profile_file, self.environ)

    def value(self, name: str, profile: Profile | None = None) -> Any:
        """Return a setting's value: as given, by variable, of the profile, or the default.

        The profile is that of the run, if it is not named here. Raises UsageFault for a value that
        the setting does not take, and ConfigError where the profile can't be read.
        """
        setting, value = BY_NAME[name], self._given.get(name)
        if value not in (None, ""):
            if fault := fault_of(setting, value):
                raise UsageFault(f"{name} {fault}")
            return value
        if text := self.environ.get(setting.variable):
            try:
                return parse(setting, text)
            except ValueError as error:
                raise UsageFault(f"invalid value for {setting.variable}: {error}") from None
        held = (profile or self.profile).values.get(name) if setting.is_key else None
        return setting.default if held is None else held.value
