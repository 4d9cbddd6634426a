"""The client of a request: its address for throttling, its name for the list of sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from fastapi import Request

from userctl.core.text import remove_invisible
from userctl.schemas.credentials import CLIENT_LENGTH

LONGEST_CHAIN = 20
"""How many proxies of a chain are read, counted from the last one."""

IPV6_PREFIX = 64
"""The network of one IPv6 host, which may use any address in it (RFC 8981)."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Client:
    """The client of a request, as sessions and throttling name it."""

    source: str | None
    name: str | None


class ClientReader:
    """Identifies the client of a request.

    Args:
        trusted_proxies: the addresses or networks whose X-Forwarded-For is believed.
    """

    def __init__(self, trusted_proxies: Sequence[str]) -> None:
        self._trusted: list[Network] = [ip_network(each, strict=False) for each in trusted_proxies]

    def read(self, request: Request) -> Client:
        """Return the client of a request."""
        agent = remove_invisible(request.headers.get("user-agent", ""))[:CLIENT_LENGTH].strip()
        return Client(self._throttling_source(request), agent or None)

    def _throttling_source(self, request: Request) -> str | None:
        address = _parse(request.client.host) if request.client else None
        if address is None and not self._trusted:
            return None
        # Only a proxy on this machine can connect without an address, through a Unix socket.
        if address is None or self._is_trusted(address):
            address = self._forwarded_address(request) or address
        return None if address is None else _throttling_key(address)

    def _forwarded_address(self, request: Request) -> Address | None:
        """Return the last address that is not a trusted proxy; those before it may be forged."""
        chain = ",".join(request.headers.getlist("x-forwarded-for")).rsplit(",", LONGEST_CHAIN)
        client: Address | None = None
        for text in reversed(chain):
            address = _parse(text.strip())
            if address is None:
                break
            client = address
            if not self._is_trusted(address):
                break
        return client

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _parse(text: str) -> Address | None:
    # Some proxies add the port: 192.0.2.1:443 and [2001:db8::1]:443.
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))  # Without its zone.
    return address


def _throttling_key(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, IPV6_PREFIX), strict=False))
