"""The brand's own accounts, as the posts of each platform name their authors."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from collectors.base import SourceConfig
from core.errors import ConfigError

MASTODON_SERVER: Final = "mastodon.social"
MASTODON_NAME: Final = re.compile(r"[a-z0-9_]{1,30}")


def own_authors(config: SourceConfig) -> tuple[str, ...]:
    """Return the names by which the brand's own posts of the source are recognised, whatever their case.

    Where the source cannot be read as it is configured these are the handles as they stand; making it says why.
    """
    if config.platform == "reddit":
        return tuple(map(reddit_name, config.own_handles))
    if config.platform == "mastodon":
        try:
            return (*config.own_handles, *mastodon_handles(config.own_handles, mastodon_server(config)))
        except ConfigError:
            pass
    return config.own_handles


def reddit_name(handle: str) -> str:
    """Return the name of an account of Reddit, which people also write u/name."""
    return handle.strip().lower().lstrip("/@").removeprefix("u/")


def mastodon_handles(handles: Sequence[str], server: str) -> tuple[str, ...]:
    """Return the handles that can be of Mastodon as name@server.

    One that names no server is one of the source's own, unless the same name stands there with its server as well:
    then the short one is that of another platform.
    """
    given = [handle.strip().removeprefix("@").lower() for handle in handles]
    full = [handle for handle in given if all(handle.partition("@")[::2])]
    named = {handle.partition("@")[0] for handle in full}
    local = [f"{name}@{server}" for name in given if MASTODON_NAME.fullmatch(name) and name not in named]
    return tuple(dict.fromkeys((*full, *local)))


def mastodon_server(config: SourceConfig) -> str:
    """Return the host that a source of Mastodon reads; raises `ConfigError` where the option names none."""
    given = config.options.get("server", "").strip()
    host = given.removeprefix("https://").rstrip("/") or urlsplit(config.base_url).netloc or MASTODON_SERVER
    if urlsplit(f"https://{host}").netloc != host or "@" in host:
        raise ConfigError(f'Source "{config.name}": server must be a host like "{MASTODON_SERVER}", not "{given}".')
    return host.lower()
