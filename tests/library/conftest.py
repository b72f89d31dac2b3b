"""The sandbox on loopback, as the tests of commands have it."""

from tests.cli.conftest import (
    sandbox_file as sandbox_file,
    serve as serve,
    served as served,
    write_profiles as write_profiles,
)
