"""Reddit: submissions, comments, search and mentions by its API, or its public feeds where there are no keys."""

from collectors.reddit.api import Reddit, uses_api
from collectors.reddit.feeds import RedditFeeds
from collectors.reddit.items import to_post, to_posts

__all__ = ["Reddit", "RedditFeeds", "to_post", "to_posts", "uses_api"]
