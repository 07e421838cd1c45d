"""Which addresses of the internet are public.

https://www.iana.org/assignments/iana-ipv4-special-registry and https://www.iana.org/assignments/iana-ipv6-special-registry
say which ranges are not. They stand here, as `is_global` of Python knows some of them from 3.13 on only.
"""

import ipaddress
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(written: str) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, written.split()))


INSIDE: Final = _networks(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
    "2001::/23 2001:db8::/32 3fff::/20"
)
PUBLIC_WITHIN: Final = _networks(  # though they lie in one of these
    "192.0.0.9/32 192.0.0.10/32 2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:3::/32 2001:4:112::/48 2001:20::/28 "
    "2001:30::/28"
)
# Public by the registry, and yet inside: the machine that tells a virtual machine of Azure its secrets
# (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
AZURE: Final = ipaddress.IPv4Address("168.63.129.16")
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
UNICAST: Final = ipaddress.IPv6Network("2000::/3")  # all that IPv6 has given out: RFC 4291, 2.4


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public network, also where it stands inside another one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if found not in UNICAST:
            return False
    if any(found in network for network in PUBLIC_WITHIN):
        return True
    return found != AZURE and not any(found in network for network in INSIDE)


def is_plainly_inside(host: str) -> bool:
    """Tell whether a host's name says that it is in a private network; of most names only a look-up finds out."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761, 6.3
        return True
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return not is_public(name)
