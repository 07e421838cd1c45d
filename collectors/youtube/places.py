"""Which channel or videos a source of YouTube names."""

import re
from typing import Final

from collectors.base import SourceConfig
from core.errors import ConfigError

CHANNEL: Final = re.compile(r"UC[\w-]{22}")
VIDEO: Final = re.compile(r"[\w-]{11}")


def channel_of(config: SourceConfig) -> str:
    """Return the id of the source's channel, "" for none."""
    channel = config.options.get("channel", "").strip()
    if channel and not CHANNEL.fullmatch(channel):
        raise ConfigError(
            f'Source "{config.name}": channel must be an id of YouTube, which begins with UC (on the channel\'s page '
            f'under "Share channel", "Copy channel ID"), not "{channel}".'
        )
    return channel


def videos_of(config: SourceConfig) -> tuple[str, ...]:
    """Return the ids of the source's videos."""
    videos = tuple(each.strip() for each in config.options.get("videos", "").split(",") if each.strip())
    for video in videos:
        if not VIDEO.fullmatch(video):
            raise ConfigError(
                f'Source "{config.name}": videos must be ids of YouTube with 11 characters, as they stand behind "v=", '
                f'not "{video}".'
            )
    return videos
