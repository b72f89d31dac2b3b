"""The sandbox on loopback, as the tests of commands have it."""

from tests.cli.conftest import sandbox_file as sandbox_file
from tests.cli.conftest import serve as serve
from tests.cli.conftest import write_profiles as write_profiles
