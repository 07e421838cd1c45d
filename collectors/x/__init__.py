"""X: recent search, the mentions of own accounts, the filtered stream, look-ups and counts."""

from collectors.x.collector import X
from collectors.x.posts import to_post, to_posts
from collectors.x.walk import EPOCH_MS, Reading, Walk

__all__ = ["EPOCH_MS", "Reading", "Walk", "X", "to_post", "to_posts"]
