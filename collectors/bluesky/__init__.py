"""Bluesky: search and own posts, or the whole network's stream, and look-ups."""

from collectors.bluesky.collector import Bluesky

__all__ = ["Bluesky"]
