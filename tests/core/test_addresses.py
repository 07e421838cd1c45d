"""Which addresses are public: the registries of IANA, range by range, whatever the Python that runs."""

import ipaddress

import pytest

from core.addresses import is_public

# https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry: what they call globally
# reachable is public. Multicast has registries of its own; nothing outside of 2000::/3 is given out.
V4 = {
    "0.0.0.0/8": False, "10.0.0.0/8": False, "100.64.0.0/10": False, "127.0.0.0/8": False, "169.254.0.0/16": False,
    "172.16.0.0/12": False, "192.0.0.0/29": False, "192.0.0.8/32": False, "192.0.0.9/32": True, "192.0.0.10/32": True,
    "192.0.0.11/32": False, "192.0.0.100/32": False, "192.0.0.170/31": False, "192.0.0.192/32": False,
    "192.0.0.128/25": False, "192.0.2.0/24": False, "192.31.196.0/24": True, "192.52.193.0/24": True,
    "192.88.99.0/24": False, "192.168.0.0/16": False, "192.175.48.0/24": True, "198.18.0.0/15": False,
    "198.51.100.0/24": False, "203.0.113.0/24": False, "224.0.0.0/4": False, "240.0.0.0/4": False,
    "255.255.255.255/32": False,
}  # fmt: skip
V6 = {
    "::/128": False, "::1/128": False, "::/96": False, "64:ff9b:1::/48": False, "100::/64": False,
    "100:0:0:1::/64": False, "2001:1::/128": False, "2001:1::1/128": True, "2001:1::2/128": True, "2001:1::3/128": True,
    "2001:1::4/128": False,
    "2001:2::/48": False, "2001:3::/32": True, "2001:4:111::/48": False, "2001:4:112::/48": True, "2001:10::/28": False,
    "2001:20::/28": True, "2001:30::/28": True, "2001:40::/26": False, "2001:100::/24": False, "2001:db8::/32": False,
    "2620:4f:8000::/48": True, "3fff::/20": False, "4000::/3": False, "5f00::/16": False, "fc00::/7": False,
    "fe80::/10": False, "fec0::/10": False, "ff00::/8": False,
}  # fmt: skip


@pytest.mark.parametrize(("network", "is_global"), [*V4.items(), *V6.items()])
def test_a_special_range_is_as_the_registry_says_from_end_to_end(network: str, is_global: bool) -> None:
    first, last = ipaddress.ip_network(network)[0], ipaddress.ip_network(network)[-1]
    assert (is_public(str(first)), is_public(str(last))) == (is_global, is_global)


@pytest.mark.parametrize(
    "address",
    [
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0",
        "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "2000::1", "2001:200::1",
        "2001:db7:ffff::", "2001:db9::", "2606:4700::1111", "3ffe:ffff::", "3fff:1000::",
    ],
)  # fmt: skip
def test_what_lies_beside_a_special_range_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.0.0.192", "192.88.99.1"])
def test_an_address_inside_another_counts(inner: str) -> None:
    v4 = int(ipaddress.IPv4Address(inner))
    forms = [
        f"::ffff:{inner}", f"64:ff9b::{inner}", str(ipaddress.IPv6Address(0x2002 << 112 | v4 << 80)),
        str(ipaddress.IPv6Address(0x20010000 << 96 | v4 ^ 0xFFFFFFFF)),
    ]  # fmt: skip
    assert [form for form in forms if is_public(form)] == []


def test_a_public_address_inside_another_is_public() -> None:
    assert is_public("::ffff:9.9.9.9")
    assert is_public("64:ff9b::9.9.9.9")
    assert is_public("2002:909:909::1")


@pytest.mark.parametrize("address", ["168.63.129.16", "::ffff:168.63.129.16", "fe80::1%eth0", "", "localhost", "1.2.3"])
def test_what_a_cloud_keeps_inside_and_what_is_no_address_is_not_public(address: str) -> None:
    assert not is_public(address)
