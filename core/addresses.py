"""Which addresses of the internet are public.

https://www.iana.org/assignments/iana-ipv4-special-registry
"""

import ipaddress
from typing import Final

# Public by the registry, and yet inside: the machine that tells a virtual machine of Azure its secrets
# (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
INSIDE: Final = frozenset({ipaddress.ip_address("168.63.129.16")})
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
UNICAST: Final = ipaddress.ip_network("2000::/3")  # all that IPv6 has given out: RFC 4291, 2.4


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
    return found.is_global and not found.is_multicast and found not in INSIDE
