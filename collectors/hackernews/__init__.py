"""Hacker News: stories and comments that a search finds, and look-ups."""

from collectors.hackernews.collector import HackerNews
from collectors.hackernews.posts import to_post, to_posts

__all__ = ["HackerNews", "to_post", "to_posts"]
