"""Web addresses that alerts are sent to: their host alone, as the rest may be a secret, and which are never asked."""

from urllib.parse import urlsplit

from board import parts
from core.addresses import is_plainly_inside


def host_of(address: str) -> str:
    """Return the host of a web address, "an unknown host" where it has none."""
    try:
        return urlsplit(address).hostname or "an unknown host"
    except ValueError:
        return "an unknown host"


def is_web(address: str) -> bool:
    """Tell a web address from a mail address."""
    return "://" in address


def address_words(address: str) -> str:
    """Return an address that messages go to as everybody may see it."""
    return f"the web address at {host_of(address)}" if is_web(address) else address


def inside_words(address: str) -> str:
    """Return why nothing is sent to an address that is inside a private network by its name; nothing of others."""
    if not is_web(address) or parts.installed().reaches_private or not is_plainly_inside(host_of(address)):
        return ""
    return (
        f"Nothing would be sent there: {host_of(address)} is inside a private network. Whoever runs Afterclick allows "
        "that with AFTERCLICK_WEBHOOK_PRIVATE."
    )
