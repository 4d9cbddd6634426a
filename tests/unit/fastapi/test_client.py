"""Who sends a request, as its headers and its connection tell."""

import pytest
from fastapi import Request

from userctl.fastapi.client import Client, ClientReader

PROXIES = ("10.0.0.0/8", "2001:db8:ffff::1")


def read(
    peer: str | None,
    forwarded: str | list[str] = (),
    agent: str = "",
    proxies: tuple[str, ...] = PROXIES,
) -> Client:
    lines = [forwarded] if isinstance(forwarded, str) else forwarded
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in lines]
    headers.append((b"user-agent", agent.encode("latin-1")))
    client = None if peer is None else (peer, 1)
    scope = {"type": "http", "headers": headers, "client": client}
    return ClientReader(proxies).read(Request(scope))


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # It is no proxy, and lies.
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # The client lies.
        ("10.0.0.1", "198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", "10.1.1.1", "10.1.1.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, unknown, 10.9.9.9", "10.9.9.9"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8:1:2:3::4]:4711", "2001:db8:1:2::/64"),
        ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("2001:db8:ffff::1", "198.51.100.1", "198.51.100.1"),
        ("2001:db8::5", "", "2001:db8::/64"),
        ("fe80::1%eth0", "", "fe80::/64"),
        ("10.0.0.1", ",".join(["10.0.0.2"] * 5000), "10.0.0.2"),
        ("10.0.0.1", "6.6.6.6," * 10_000 + "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "\x00\xff\r\n", "10.0.0.1"),
        ("10.0.0.1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("10.0.0.1", "[2001:db8:1:2:3::4]", "2001:db8:1:2::/64"),
        ("10.0.0.1", "[::ffff:198.51.100.1]:443", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:", "198.51.100.1"),
        ("10.0.0.1", "fe80::1%25eth0", "fe80::/64"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.256", "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, 0198.51.100.1", "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, 3325256705", "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, for=198.51.100.1", "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, ", "10.0.0.1"),
        ("10.0.0.1", ",,198.51.100.1", "198.51.100.1"),
        ("203.0.113.7", ["10.0.0.1", "10.0.0.2"], "203.0.113.7"),
        (None, "198.51.100.1", "198.51.100.1"),  # A proxy connects through a Unix socket.
        (None, "", None),
        ("testclient", "198.51.100.1", "198.51.100.1"),
    ],
)
def test_the_source_is_the_last_address_that_no_trusted_proxy_has(
    peer: str | None, forwarded: str | list[str], source: str | None
) -> None:
    assert read(peer, forwarded).source == source


def test_no_header_is_believed_unless_a_proxy_is_trusted() -> None:
    assert read("10.0.0.1", "198.51.100.1", proxies=()).source == "10.0.0.1"
    assert read(None, "198.51.100.1", proxies=()).source is None


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("curl/8", "curl/8"),
        ("", None),
        (" \t ", None),
        ("a\x00b\x1b[31mc\x85", "ab[31mc"),
        ("x" * 5000, "x" * 100),
        ("\xa0", None),
    ],
)
def test_the_name_of_the_client_is_short_and_visible(agent: str, name: str | None) -> None:
    assert read("203.0.113.7", agent=agent).name == name


@pytest.mark.parametrize("proxy", ["proxy.example.com", "10.0.0.0/99", ""])
def test_a_proxy_that_is_no_network_is_refused(proxy: str) -> None:
    with pytest.raises(ValueError, match="does not appear"):
        ClientReader([proxy])
