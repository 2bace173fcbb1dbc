"""A `requests` adapter that connects only to addresses it has checked, so that a name can't change its mind."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from requests import PreparedRequest

_NAT64 = IPv6Network("64:ff9b::/96")


class PrivateAddress(Exception):
    """A host that is, or whose name leads to, an address that is not public."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(host, address)
        self.host = host
        self.address = address


class PinnedAdapter(HTTPAdapter):
    """Resolves a host once, checks every address of it, and connects to the first.

    The Host header, the name in the TLS handshake and the name that the certificate must have stay the URL's.
    """

    def __init__(self, allow_private: bool) -> None:
        super().__init__(pool_maxsize=32)
        self._allow_private = allow_private

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """PrivateAddress unless the host is public or private ones are allowed. OSError when it can't be resolved."""
        target, given = self.build_connection_pool_key_attributes(request, verify, cert)
        options: dict[str, Any] = {**given}
        host = target["host"]
        request.headers["Host"] = _host_header(host, target["port"], target["scheme"])
        if target["scheme"] == "https":
            options |= {"server_hostname": host.strip("[]"), "assert_hostname": host.strip("[]")}
        target["host"] = self._checked(host.strip("[]"), target["port"])
        return self.poolmanager.connection_from_host(**target, pool_kwargs=options)

    def _checked(self, host: str, port: int | None) -> str:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found.sort(key=lambda one: one[0] != socket.AF_INET)  # machines without IPv6 are common, without IPv4 rare
        addresses = [str(one[4][0]) for one in found]
        if not self._allow_private:
            for address in addresses:
                if not is_public(address):
                    raise PrivateAddress(host, address)
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to the public internet, also where it wraps an IPv4 address."""
    ip = ip_address(address.partition("%")[0])
    inner = _wrapped(ip) if isinstance(ip, IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _host_header(host: str, port: int | None, scheme: str) -> str:
    usual = port is None or port == (443 if scheme == "https" else 80)
    return host if usual else f"{host}:{port}"
