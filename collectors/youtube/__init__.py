"""YouTube: comments under videos, of a channel, or under videos that a search finds."""

from collectors.youtube.collector import YouTube

__all__ = ["YouTube"]
