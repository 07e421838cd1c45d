"""The brand's own accounts, as each platform names the authors of posts."""

from dataclasses import replace

import pytest

from collectors.authors import mastodon_handles, own_authors
from collectors.base import SourceConfig

CONFIG = SourceConfig("s", "mastodon", query="parcelo", own_handles=("parcelo",))


def test_a_handle_without_a_server_is_of_the_sources_own_server() -> None:
    assert own_authors(CONFIG) == ("parcelo", "parcelo@mastodon.social")
    there = replace(CONFIG, own_handles=("@Parcelo",), options={"server": "https://Shop.example/"})
    assert "parcelo@shop.example" in own_authors(there)


@pytest.mark.parametrize(
    ("handles", "expected"),
    [
        (("parcelo", "parcelo@shop.example"), ("parcelo@shop.example",)),
        (("parcelo_help", "Parcelo@Shop.example"), ("parcelo@shop.example", "parcelo_help@host.example")),
        (("parcelo.bsky.example", "u/parcelo", "@", "a b", "parcelo@"), ()),
        (("parcelo", "@parcelo"), ("parcelo@host.example",)),
    ],
)
def test_a_short_handle_counts_on_mastodon_only_where_it_can_be_a_name_there_and_is_not_given_in_full(
    handles: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert mastodon_handles(handles, "host.example") == expected


def test_a_source_with_a_server_that_is_none_leaves_it_to_its_making_to_say_so() -> None:
    assert own_authors(replace(CONFIG, options={"server": "a/b"})) == ("parcelo",)


def test_names_of_reddit_may_be_written_as_reddit_shows_them() -> None:
    config = replace(CONFIG, platform="reddit", own_handles=("u/ParceloHelp", "/u/parcelo", "@parcel"))

    assert own_authors(config) == ("parcelohelp", "parcelo", "parcel")


@pytest.mark.parametrize("platform", ["x", "bluesky", "files", "youtube"])
def test_elsewhere_handles_are_the_names_of_authors(platform: str) -> None:
    assert own_authors(replace(CONFIG, platform=platform)) == ("parcelo",)
