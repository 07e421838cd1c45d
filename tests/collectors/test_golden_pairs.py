"""What the platforms send, and the posts that become of it. All posts are invented."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from collectors import hackernews, reddit, x
from collectors.bluesky.posts import to_post as bluesky_post
from collectors.mastodon.statuses import to_post as mastodon_post
from collectors.youtube.comments import to_post as youtube_post
from core.types import Post

GOLDEN = Path(__file__).parent / "golden"
READERS: dict[str, Callable[[Any], Post | None]] = {
    "bluesky": bluesky_post,
    "hackernews": hackernews.to_post,
    "mastodon": lambda api: mastodon_post(api["raw"], api["host"], {k: tuple(v) for k, v in api["threads"].items()}),
    "reddit": reddit.to_post,
    "youtube": youtube_post,
    "x": lambda api: x.to_post(api["raw"], api["users"]),
}


def as_json(post: Post | None) -> Any:
    assert post is not None
    return asdict(post) | {"posted_at": post.posted_at.isoformat(), "kind": post.kind.value}


@pytest.mark.parametrize("sent", sorted(GOLDEN.glob("*.api.json")), ids=lambda path: path.name.split(".")[0])
def test_what_the_platform_sends_becomes_the_post_beside_it(sent: Path) -> None:
    api = json.loads(sent.read_text())
    expected = json.loads(sent.with_name(sent.name.replace(".api.", ".post.")).read_text())

    post = READERS[sent.name.partition("-")[0]](api)

    assert as_json(post) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"selftext": "[deleted]"},
        {"selftext": "[removed]"},
        {"selftext": "", "removed_by_category": "moderator"},
        {"selftext": "", "title": "[deleted by user]"},
    ],
)
def test_words_that_were_taken_away_on_reddit_are_not_collected(change: dict[str, str]) -> None:
    raw = json.loads((GOLDEN / "reddit-submission.api.json").read_text())
    raw["data"] |= change

    assert reddit.to_post(raw) is None
    assert reddit.to_posts([raw]) == ((), ())


def test_a_link_without_words_is_read_by_its_title() -> None:
    raw = json.loads((GOLDEN / "reddit-submission.api.json").read_text())
    raw["data"]["selftext"] = ""

    post = reddit.to_post(raw)

    assert post is not None
    assert (post.text, post.title) == ("Parcelo lost my kettle & blames the courier", "")


def test_an_item_of_another_shape_is_rejected_and_the_others_stay() -> None:
    good = json.loads((GOLDEN / "reddit-comment.api.json").read_text())

    posts, rejected = reddit.to_posts([{"kind": "t1", "data": {"id": "a"}}, good, "nonsense"])

    assert [post.platform_id for post in posts] == ["t1_nk7x2a"]
    assert [rejection.row for rejection in rejected] == [1, 3]


def test_a_half_surrogate_and_a_nul_in_a_text_are_made_storable() -> None:
    post = x.to_post({"id": "1", "text": "late\ud83d\x00 again"}, {})

    post.text.encode()
    assert "\0" not in post.text
