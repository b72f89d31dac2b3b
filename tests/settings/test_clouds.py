"""clouds.yaml is found, laid together and read as openstacksdk does it."""

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings, strategies as st

from evsrep.errors import ConfigError, ExitCode
from evsrep.settings.clouds import read_cloud
from evsrep.settings.declarations import KEYS
from evsrep.settings.profile import Value

OTC = """\
clouds:
  otc:
    profile: otc
    auth:
      username: alice
      password: open sesame
      project_name: eu-de_prod
      user_domain_name: OTC00000000001000000xxx
      auth_url: https://iam.eu-de.otc.t-systems.com:443/v3
    interface: public
    identity_api_version: 3
"""

BOMB = "x: &x0 mellon\n" + "".join(
    f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 10)
)

ReadEntry = Callable[[str], dict[str, object]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The working directory."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def entry(home: Path, work: Path) -> ReadEntry:
    """The keys of a cloud with these lines in its entry."""

    def read(lines: str) -> dict[str, object]:
        indented = "".join(f"    {line}\n" for line in lines.strip().splitlines())
        write(work / "clouds.yaml", f"clouds:\n  otc:\n{indented}")
        found = read_cloud("otc", environ={"HOME": str(home)}, folder=work)
        return {key: value for key, (value, _) in found.items()}

    return read


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def of_user(name: str) -> str:
    return f"clouds: {{otc: {{auth: {{username: {name}}}}}}}\n"


def fault(home: Path, work: Path, name: str = "otc", **environ: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_cloud(name, environ={"HOME": str(home), **environ}, folder=work)
    assert caught.value.exit_code is ExitCode.CONFIG
    return caught.value


# An entry


def test_an_entry_is_a_profile_and_each_value_says_where_it_comes_from(home, work):
    path = write(work / "clouds.yaml", OTC)
    found = read_cloud("otc", environ={"HOME": str(home)}, folder=work)
    origin = f"clouds.yaml {path} (cloud otc)"
    assert found == {
        "username": Value("alice", origin),
        "password": Value("open sesame", origin),
        "project_name": Value("eu-de_prod", origin),
        "user_domain_name": Value("OTC00000000001000000xxx", origin),
        "auth_url": Value("https://iam.eu-de.otc.t-systems.com:443/v3", origin),
    }


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("auth: {user_id: u, project_id: p, passcode: c}",
         {"user_id": "u", "project_id": "p", "passcode": "c"}),
        ("auth: {tenant_name: t}", {"project_name": "t"}),
        ("auth: {tenant_id: t, project_id: p}", {"project_id": "p"}),
        ("auth: {token: t}\nauth_type: v3token", {"token": "t", "auth_type": "v3token"}),
        ("auth: {domain_name: d}", {"user_domain_name": "d", "project_domain_name": "d"}),
        ("auth: {domain_id: d, user_domain_id: u}",
         {"user_domain_id": "u", "project_domain_id": "d"}),
        ("auth: {ak: a, sk: s, security_token: t}",
         {"access_key": "a", "secret_key": "s", "security_token": "t"}),
        ("ak: a\nsk: s", {"access_key": "a", "secret_key": "s"}),
        ("auth:\n  access_key: a\nsecret_key: s", {"access_key": "a", "secret_key": "s"}),
        ("project-name: p\nauth: {user-domain-name: d}",
         {"project_name": "p", "user_domain_name": "d"}),
        ("username: outside\nauth: {username: inside}", {"username": "inside"}),
        ("cacert: ~/ca.pem", {"ca_bundle": "~/ca.pem"}),
        ("verify: false", {"insecure": True}),
        ("verify: 'False'\ncacert:", {"insecure": True}),
        ("insecure: true", {"insecure": True}),
        ("verify: true\ninsecure: false", {}),
        ("region_name: eu-de", {"region": "eu-de"}),
        ("regions: [eu-de]", {"region": "eu-de"}),
        ("regions: [{name: eu-de, values: {interface: public}}]", {"region": "eu-de"}),
        ("regions: eu-de", {"region": "eu-de"}),
        ("regions: []", {}),
        ("regions: [eu-de, eu-nl]\nregion_name: eu-nl", {"region": "eu-nl"}),
        ("volume_endpoint_override: https://evs", {"endpoint": "https://evs"}),
        ("volumev2_endpoint_override: https://evs", {"endpoint": "https://evs"}),
        ("block-storage-endpoint-override: https://evs", {"endpoint": "https://evs"}),
        ("compute_endpoint_override: https://ecs", {"compute_endpoint": "https://ecs"}),
        ("auth: {project_name: 123, username: 1.5, password: ''}",
         {"project_name": "123", "username": "1.5"}),
        ("auth:\nnetworks: [{name: net}]", {}),
    ],
)  # fmt: skip
def test_the_keys_of_an_entry_become_those_of_a_profile(entry, lines, expected):
    assert entry(lines) == expected


@pytest.mark.parametrize(
    ("lines", "url"),
    [
        ("profile: otc\nregion_name: eu-nl", "https://iam.eu-nl.otc.t-systems.com/v3"),
        ("cloud: otc\nregions: [eu-de]", "https://iam.eu-de.otc.t-systems.com/v3"),
        ("profile: huawei\nregion_name: cn-north-4", "https://iam.cn-north-4.myhuaweicloud.com/v3"),
        ("profile: otc\nauth: {auth_url: https://iam/v3}", "https://iam/v3"),
    ],
)
def test_a_vendors_profile_gives_the_auth_url_that_is_not_given(entry, lines, url):
    assert entry(lines)["auth_url"] == url


def test_an_auth_url_that_follows_from_the_profile_says_so(home, work):
    path = write(work / "clouds.yaml", "clouds: {a: {profile: otc, region_name: eu-de}}")
    found = read_cloud("a", environ={"HOME": str(home)}, folder=work)
    assert found["auth_url"].origin == f"profile otc in clouds.yaml {path} (cloud a)"


def test_every_key_is_one_of_a_profile(entry):
    known = {key.name for key in KEYS}
    texts = {key.name: "https://x" if key.kind == "url" else "x" for key in KEYS}
    texts["auth_type"] = "password"
    pairs = ", ".join(f"{key}: {text}" for key, text in texts.items())
    lines = f"verify: false\nregions: [a]\nauth: {{{pairs}}}"
    assert set(entry(lines)) <= known


# Where it is looked for


@pytest.mark.parametrize("name", ["clouds.yaml", "clouds.yml"])
def test_the_first_file_there_is_wins(home, work, tmp_path, name):
    places = [
        home / ".config/openstack" / name,
        tmp_path / "xdg/openstack" / name,
        work / name,
        tmp_path / "named.yaml",
    ]
    environ = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
        "OS_CLIENT_CONFIG_FILE": str(tmp_path / "named.yaml"),
    }
    for number, place in enumerate(places):  # from the last place to the first
        write(place, of_user(f"user-{number}"))
        found = read_cloud("otc", environ=environ, folder=work)
        assert found["username"] == Value(f"user-{number}", f"clouds.yaml {place} (cloud otc)")


def test_a_relative_name_is_one_in_the_working_directory(home, work):
    write(work / "sub/mine.yaml", of_user("alice"))
    environ = {"HOME": str(home), "OS_CLIENT_CONFIG_FILE": "sub/mine.yaml"}
    assert read_cloud("otc", environ=environ, folder=work)["username"].value == "alice"


def test_a_relative_xdg_folder_is_ignored(home, work, monkeypatch):
    write(work / "xdg/openstack/clouds.yaml", of_user("alice"))
    monkeypatch.chdir(work)
    assert "there is no clouds.yaml" in fault(home, work, XDG_CONFIG_HOME="xdg").message


def test_without_the_variable_home_is_where_the_system_says(home, work, monkeypatch):
    write(home / ".config/openstack/clouds.yaml", of_user("alice"))
    monkeypatch.setenv("HOME", str(home))
    assert read_cloud("otc", environ={}, folder=work)["username"].value == "alice"


def test_a_file_that_can_not_be_looked_at_is_not_there(home, work):
    error = fault(home, work, OS_CLIENT_CONFIG_FILE="x" * 5000)
    assert "there is no clouds.yaml" in error.message


def test_without_any_file_the_error_names_the_places(home, work):
    error = fault(home, work)
    assert error.message == "there is no clouds.yaml to find cloud 'otc' in"
    assert str(work) in error.hint
    assert str(home / ".config/openstack") in error.hint
    assert "/etc/openstack" in error.hint
    assert "OS_CLIENT_CONFIG_FILE" in error.hint


# secure.yaml


def test_secure_yaml_is_laid_over_it(home, work):
    clouds = write(work / "clouds.yaml", OTC)
    secure = write(
        work / "secure.yaml", "clouds: {otc: {auth: {password: mellon, username: }, sk: s}}"
    )
    found = read_cloud("otc", environ={"HOME": str(home)}, folder=work)
    assert found["username"] == Value("alice", f"clouds.yaml {clouds} (cloud otc)")
    assert found["password"] == Value("mellon", f"secure.yaml {secure} (cloud otc)")
    assert found["secret_key"] == Value("s", f"secure.yaml {secure} (cloud otc)")


def test_secure_yaml_is_looked_for_beside_it_and_then_like_it(home, work, tmp_path):
    environ = {"HOME": str(home), "OS_CLIENT_CONFIG_FILE": str(tmp_path / "far/clouds.yaml")}
    write(tmp_path / "far/clouds.yaml", of_user("alice"))
    places = [
        home / ".config/openstack/secure.yml",
        work / "secure.yaml",
        tmp_path / "far/secure.yaml",
        work / "named.yaml",
    ]
    for number, place in enumerate(places):  # from the last place to the first
        if place.name == "named.yaml":
            environ["OS_CLIENT_SECURE_FILE"] = "named.yaml"
        write(place, f"clouds: {{otc: {{auth: {{password: secret-{number}}}}}}}")
        found = read_cloud("otc", environ=environ, folder=work)
        assert found["password"] == Value(f"secret-{number}", f"secure.yaml {place} (cloud otc)")


def test_a_cloud_may_be_in_secure_yaml_alone(home, work):
    write(work / "clouds.yaml", "clouds:\n")
    write(work / "secure.yaml", of_user("alice"))
    found = read_cloud("otc", environ={"HOME": str(home)}, folder=work)
    assert found["username"].value == "alice"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "clouds:\n"])
def test_secure_yaml_may_be_empty(home, work, text):
    write(work / "clouds.yaml", OTC)
    write(work / "secure.yaml", text)
    found = read_cloud("otc", environ={"HOME": str(home)}, folder=work)
    assert found["password"].value == "open sesame"


# Names


def test_the_names_of_the_clouds_are_listed(home, work):
    write(work / "clouds.yaml", "clouds: {prod: {}, test: {}, 12: {}}")
    write(work / "secure.yaml", "clouds: {test: {}, spare: {}}")
    assert fault(home, work, "zzz").hint == "there are: prod, test, 12, spare"


def test_a_cloud_that_is_not_there_is_an_error_that_names_those_that_are(home, work):
    path = write(work / "clouds.yaml", "clouds: {prod: {}, test: {}}")
    error = fault(home, work, "pord")
    assert error.message == f"there is no cloud 'pord' in {path}"
    assert error.hint == "did you mean 'prod'? there are: prod, test"
    assert fault(home, work, "zzz").hint == "there are: prod, test"


def test_where_there_are_no_clouds_the_error_says_so(home, work):
    write(work / "clouds.yaml", "client: {}\n")
    assert fault(home, work).hint == "there are none"


# What is an error


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("auth: {application_credential_id: mellon}", "application credentials are not offered"),
        ("application_credential_name: mellon", "application credentials are not offered"),
        ("auth_type: v3applicationcredential", "application credentials are not offered"),
        ("auth_type: agency", "signing in by an agency is not supported"),
        ("auth: {agency_name: mellon}", "signing in by an agency is not supported"),
        ("auth_type: v3oidcpassword", "auth_type 'v3oidcpassword' is none of password"),
        ("auth_type: v3samlpassword", "auth_type 'v3samlpassword' is none of password"),
        ("auth_type: v3totp", "auth_type 'v3totp' is none of password"),
        ("auth: {auth_url: mellon.org}", "auth_url is not an http"),
        ("volume_endpoint_override: http://me:llon/mellon", "endpoint is not a URL"),
        ("auth: [mellon]", "'auth' is not a mapping"),
        ("auth: {password: [mellon]}", "password is not text"),
        ('auth: {password: "mel\\nlon"}', "password has a control character in it"),
        ("verify: mellon", "'verify' is neither true nor false"),
        ("insecure: 2", "'insecure' is neither true nor false"),
        ("regions: [eu-de, eu-nl]", "there are several regions: eu-de, eu-nl"),
        ("regions: [[mellon]]", "'regions' is not a list of names"),
        ("regions: [{nom: mellon}]", "'regions' is not a list of names"),
        ("region_name: [eu-de]", "region is not text"),
        ("profile: mellon", "its 'profile' is none that is known here"),
        ("profile: otc", "profile otc needs a region for its auth_url"),
        ("profile: otc\nregion_name: mellon.org/", "profile otc needs a region for its auth_url"),
    ],
)
def test_what_an_entry_can_not_have_is_an_error_without_its_value(entry, lines, words):
    with pytest.raises(ConfigError, match=words) as caught:
        entry(lines)
    assert "mellon" not in caught.value.message + caught.value.hint


def test_an_unknown_profile_is_an_error_that_names_the_known_ones(entry):
    with pytest.raises(ConfigError) as caught:
        entry("profile: rackspace")
    assert "there are: otc, huawei, flexible-engine" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clouds:\n  otc: {password: mellon", ", line 2: this is not YAML"),
        ("clouds:\n  otc:\n    password: *mellon", ", line 3: this is not YAML"),
        ("clouds:\n  otc:\n    password: !mellon x", ", line 3: this is not YAML"),
        ("clouds: {otc: {password: !!int mellon}}", "clouds.yaml: this is not YAML"),
        ("clouds: {otc: {password: !!bool mellon}}", "clouds.yaml: this is not YAML"),
        (b"clouds: \xff\xfe\xfa", "clouds.yaml: this is not YAML"),
        ("!!python/object/apply:os.system [mellon]", "line 1: this is not YAML"),
        ("mellon", "clouds.yaml has no clouds in it"),
        ("- mellon", "clouds.yaml has no clouds in it"),
        ("clouds: mellon", "clouds.yaml has no clouds in it"),
        ("clouds: {otc: mellon}", "this is not a mapping of keys to values"),
        ("clouds: {otc: }", "this is not a mapping of keys to values"),
        ("clouds: &a {otc: *a}", "is nested too deeply, or its anchors are"),
        ("[" * 200_000, "is nested too deeply, or its anchors are"),
        (BOMB, "is nested too deeply, or its anchors are"),
        ("#" * (1024 * 1024 + 1), "is over 1 MiB"),
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_no_file_of_clouds_is_an_error_without_its_text(home, work, text, words):
    write(work / "clouds.yaml", text)
    error = fault(home, work)
    assert words in error.message
    assert str(work / "clouds.yaml") in error.message
    assert "mellon" not in error.message + error.hint


def test_anchors_are_understood(home, work):
    text = "base: &base {region_name: eu-de}\nclouds: {otc: {<<: *base, auth: {username: alice}}}"
    write(work / "clouds.yaml", text)
    found = read_cloud("otc", environ={"HOME": str(home)}, folder=work)
    assert {key: value for key, (value, _) in found.items()} == {
        "region": "eu-de",
        "username": "alice",
    }


def test_a_file_that_can_not_be_read_is_an_error(home, work):
    (work / "clouds.yaml").mkdir()
    assert "can't be read: Is a directory" in fault(home, work).message


def test_without_pyyaml_the_error_says_how_to_get_it(home, work, monkeypatch):
    write(work / "clouds.yaml", OTC)
    monkeypatch.setitem(sys.modules, "yaml", None)
    error = fault(home, work)
    assert error.message == "clouds.yaml needs PyYAML"
    assert error.hint == "pip install 'evsrep[openstack]'"


# Whatever is in it

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.dates()
NAMES = st.sampled_from(
    ["auth", "username", "password", "ak", "profile", "region_name", "regions", "verify", "cacert"]
)
TREE = st.recursive(
    LEAF, lambda inner: st.lists(inner) | st.dictionaries(NAMES | TEXT, inner), max_leaves=8
)
once = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@once
@given(TEXT, TEXT, TEXT)
def test_text_is_taken_as_it_is(work, name, username, password):
    document = {"clouds": {name: {"auth": {"username": username, "password": password}}}}
    write(work / "clouds.yaml", yaml.safe_dump(document, allow_unicode=True))
    found = read_cloud(name, environ={"HOME": str(work)}, folder=work)
    assert (found["username"].value, found["password"].value) == (username, password)


@once
@given(
    st.binary(max_size=100)
    | st.dictionaries(NAMES | TEXT, TREE).map(
        lambda found: yaml.safe_dump({"clouds": {"otc": found}}).encode()
    )
    | TREE.map(lambda found: yaml.safe_dump({"clouds": found}).encode())
)
@example(b"clouds: {otc: {1: 2, [a]: b}}")
@example(b"clouds: {otc: {region_name: " + b"9" * 5000 + b"}}")
def test_whatever_is_in_the_file_is_read_or_is_an_error(work, content):
    write(work / "clouds.yaml", content)
    with contextlib.suppress(ConfigError):
        found = read_cloud("otc", environ={"HOME": str(work)}, folder=work)
        assert all(value is True or isinstance(value, str) for value, _ in found.values())


SAMPLES = Path(__file__).parent / "clouds"


@pytest.mark.parametrize(("sample", "cloud", "expected"), [
    ("scalars.yaml", "a",
     {"password": "0777123", "passcode": "012345", "project_name": "12:30:45"}),
    ("own-profile.yaml", "otc-token",
     {"auth_url": "https://iam.eu-de.otc.t-systems.com/v3", "token": "a-token"}),
    ("auth-type.yaml", "keys", {"auth_type": "aksk", "access_key": "AK", "secret_key": "SK"}),
])  # fmt: skip
def test_a_file_as_people_have_it(home, work, sample, cloud, expected):
    environ = {"HOME": str(home), "OS_CLIENT_CONFIG_FILE": str(SAMPLES / sample)}
    found = read_cloud(cloud, environ=environ, folder=work)
    assert {key: found[key].value for key in expected} == expected


def test_single_sign_on_is_refused_by_its_type(home, work):
    environ = {"HOME": str(home), "OS_CLIENT_CONFIG_FILE": str(SAMPLES / "auth-type.yaml")}
    with pytest.raises(ConfigError, match="auth_type 'v3oidcpassword' is none of"):
        read_cloud("sso", environ=environ, folder=work)


@pytest.mark.parametrize("text", ["yes", "2001-01-01", "0777", "1e3", "null", "~", "0x1F", "1_000"])
def test_a_scalar_is_the_text_that_is_written_there(entry, text):
    assert entry(f"auth: {{password: {text}}}")["password"] == text
