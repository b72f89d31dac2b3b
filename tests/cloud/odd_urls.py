"""URLs as they should not be, for what the cloud says and what is typed."""

from hypothesis import strategies as st

_TEXT = st.text(st.characters(), max_size=8)
_SCHEMES = st.sampled_from(
    ["https://", "http://", "HTTPS://", "//", "", "ftp://", "https:/", "://"]
)
_USERS = st.sampled_from(["", "", "user@", "user:password@", "@", ":@", "\\@"])
_HOSTS = (
    st.sampled_from(
        [
            *(
                "evs.example.com",
                "EVS.example.com",
                "127.0.0.1",
                "localhost",
                "",
                ".",
                "..",
                ".com",
            ),
            *("[::1]", "[::1", "::1]", "[", "]", "[v1.x]", "::1", "1.2.3", "999.1.1.1"),
            *("xn--", "xn--zz--", "xn--ü", "ü.example.com", "ü..x", "a" * 300, "a..b", "-.-"),
            *("ex ample", "ex\tample", "ex\nample", "\ud800", "\udcff.com", "\x00", "℀.com", "%zz"),
        ]
    )
    | _TEXT
)
_PORTS = st.sampled_from(["", "", ":", ":0", ":443", ":99999", ":x", ":-1", ":" + "9" * 5000, ":٣"])
_PATHS = (
    st.sampled_from(
        ["", "/", "/v2", "/v2/$(tenant_id)s", "/../..", "?x=1", "#x", "/\ud800", "/\x00"]
    )
    | _TEXT
)

ODD_URLS = st.tuples(_SCHEMES, _USERS, _HOSTS, _PORTS, _PATHS).map("".join) | _TEXT
