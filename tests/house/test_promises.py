"""Whatever a program may call says what it raises."""

import ast

import pytest

from tests.house.code import MODULES, room_of, trees
from tests.house.promises import Promises

# The other rooms are called by nobody here, or raise errors of their own.
ROOMS = {"settings", "cloud", "jobs", "library", "builtin", "wiring"}
CODE = {
    "evsrep.errors": "class EvsrepError(Exception): ...\n"
    "class NotFound(EvsrepError): ...\nclass AuthError(EvsrepError): ...\n"
    "class PasscodeWanted(AuthError): ...\n",
    "evsrep.cloud": "from evsrep.errors import NotFound\n"
    "class Session(Protocol):\n"
    "    def ask(self):\n        '''Ask. Raises AuthError.'''\n"
    "class Cloud:\n"
    "    name: str\n"
    "    def __init__(self, session: 'Session | None'):\n        self._session = session\n"
    "    def pair(self):\n        self._look()\n"
    "    def _look(self):\n        raise NotFound('x')\n"
    "    @property\n    def project(self):\n        return self._session.ask()\n"
    "def missing() -> NotFound:\n    return NotFound('x')\n"
    "def late():\n    def pair():\n        raise NotFound('x')\n    return pair\n",
}


def silent(text: str) -> list[str]:
    sources = {
        **CODE,
        "evsrep.jobs": "from evsrep import cloud as c, errors\n"
        "from evsrep.cloud import Cloud\nfrom evsrep.errors import *\n"
        "from evsrep.errors import AuthError, EvsrepError, NotFound, PasscodeWanted\n" + text,
    }
    promises = Promises({name: ast.parse(source) for name, source in sources.items()})
    return [line.removeprefix("evsrep.jobs:") for line in promises.silent(["evsrep.jobs"])]


def test_whatever_is_public_says_what_it_raises() -> None:
    promises = Promises(
        {name: tree for name, tree in trees().items() if room_of(name) in {*ROOMS, "errors"}}
    )
    assert list(promises.silent(MODULES)) == []


@pytest.mark.parametrize(
    "body",
    [
        "raise NotFound('x')",
        "raise errors.NotFound",
        "raise c.missing()",
        "error = NotFound('x')\n    raise error",
        "_raise()",
        "if x:\n        y = [_raise() for _ in x]",
        "cloud.pair()",
        "Cloud(None).pair()",
        "other = Cloud(None)\n    other.pair()",
        "def inner():\n        raise NotFound('x')\n    inner()",
        "_Kind()",
        "_Kind.of()",
        "try:\n        _raise()\n    except AuthError:\n        pass",
        "try:\n        _raise()\n    except NotFound:\n        raise",
        "try:\n        x()\n    except NotFound as error:\n        raise error",
        "try:\n        x()\n    except OSError:\n        _raise()",
        "try:\n        x()\n    finally:\n        _raise()",
        "with suppress(AuthError):\n        _raise()",
    ],
)
def test_what_can_be_raised_is_seen(body: str) -> None:
    text = (
        "def _raise():\n    raise NotFound('x')\n"
        "class _Kind:\n    def __post_init__(self):\n        _raise()\n"
        "    @classmethod\n    def of(cls):\n        _raise()\n"
        f"def find(cloud: Cloud):\n    '''Find it.'''\n    {body}\n"
    )
    assert silent(text) == ["find raises NotFound"]
    assert silent(text.replace("Find it.", "Find it. Raises NotFound.")) == []


@pytest.mark.parametrize(
    "body",
    [
        "try:\n        _raise()\n    except NotFound:\n        pass",
        "try:\n        _raise()\n    except (OSError, EvsrepError):\n        raise OSError",
        "try:\n        _raise()\n    except:\n        pass",
        "with suppress(EvsrepError):\n        _raise()",
        "raise ValueError('x')",
        "x = lambda: _raise()",
        "def inner():\n        _raise()\n    return inner",
        "c.late()",
        "x = cloud.name",
        "x = c.missing()",
    ],
)
def test_what_is_caught_or_never_done_is_no_fault(body: str) -> None:
    raising = "def _raise():\n    raise NotFound('x')\n"
    assert silent(f"{raising}def find(cloud: Cloud):\n    '''Find it.'''\n    {body}\n") == []


def test_what_is_handed_on_is_seen_through_properties_and_protocols() -> None:
    text = "class Find:\n    def __init__(self, cloud: Cloud):\n        '''Find.'''\n"
    text += "        self._cloud = cloud\n        cloud.pair()\n"
    text += "    def who(self):\n        return self._cloud.project\n"
    text += "class Later(Find):\n    def again(self):\n        return super().who()\n"
    assert silent(text) == [
        "Find raises NotFound",
        "Find.who raises AuthError",
        "Later raises NotFound",
        "Later.again raises AuthError",
    ]


def test_of_a_family_the_child_is_caught_with_the_parent() -> None:
    text = "def find():\n    try:\n        raise PasscodeWanted\n    except {}:\n        pass\n"
    assert silent(text.format("AuthError")) == []
    assert silent(text.format("NotFound")) == ["find raises PasscodeWanted"]
