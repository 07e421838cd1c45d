"""The table of platforms: what `make` builds, and what it refuses."""

import logging
import subprocess
import sys
from dataclasses import replace

import pytest
from pydantic import SecretStr

from collectors import PLATFORMS, SourceConfig, make, needed_credentials, optional_credentials
from collectors.base import read_cursor, write_cursor
from core.errors import AuthError, ConfigError
from tests.collectors.archive import SECRETS

CONFIGS = {
    "youtube": SourceConfig("y", "youtube", query="parcelo"),
    "articles": SourceConfig("a", "articles", url="https://news.example/feed"),
    "bluesky": SourceConfig("b", "bluesky", query="parcelo"),
    "feeds": SourceConfig("f", "feeds", url="https://news.example/feed"),
    "files": SourceConfig("d", "files", path="posts.csv"),
    "hackernews": SourceConfig("h", "hackernews", query="parcelo"),
    "mastodon": SourceConfig("m", "mastodon", query="#parcelo"),
    "reddit": SourceConfig("r", "reddit", options={"subreddit": "shopping"}),
    "x": SourceConfig("x", "x", query="parcelo"),
}


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_every_platform_of_the_table_can_be_made_without_asking_anybody(platform: str) -> None:
    collector = make(CONFIGS[platform], SECRETS)

    collector.close()
    collector.close()


def test_an_unknown_platform_names_the_nearest_known_one() -> None:
    with pytest.raises(ConfigError, match='no platform "redit"; did you mean "reddit"'):
        make(SourceConfig("s", "redit"), {})


def test_an_unknown_option_names_the_nearest_known_one() -> None:
    with pytest.raises(ConfigError, match='no option "subredit"; did you mean "subreddit"'):
        make(SourceConfig("s", "reddit", options={"subredit": "shopping"}), SECRETS)


@pytest.mark.parametrize("given", [{}, {"X_BEARER_TOKEN": SecretStr("")}])
def test_a_source_without_credentials_is_off_and_says_what_to_do(given: dict[str, SecretStr]) -> None:
    with pytest.raises(AuthError, match=r'"x" is off: X_BEARER_TOKEN not set.*X_BEARER_TOKEN_FILE') as raised:
        make(CONFIGS["x"], given)

    assert raised.value.needs_person


def test_the_table_tells_which_credentials_to_look_up() -> None:
    assert needed_credentials("x") == ("X_BEARER_TOKEN",)
    assert needed_credentials("reddit") == ()  # without keys its public feeds are read
    assert optional_credentials("reddit")[:2] == ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET")
    assert needed_credentials("feeds") == ()
    assert optional_credentials("mastodon") == ("MASTODON_ACCESS_TOKEN",)
    assert optional_credentials("bluesky") == ("BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (SourceConfig("s", "x"), "needs a query"),
        (SourceConfig("s", "x", native_query="a" * 501), "the query has 513 characters"),
        (SourceConfig("s", "x", query="a", options={"overlap_minutes": "soon"}), "whole number from 0 to 1440"),
        (SourceConfig("s", "reddit"), "query, or the option subreddit"),
        (SourceConfig("s", "reddit", query="a", options={"listings": "new"}), 'not "new"'),
        (SourceConfig("s", "reddit", options={"subreddit": "a", "listings": "hot"}), 'not "hot"'),
        (SourceConfig("s", "feeds"), "needs a url"),
        (SourceConfig("s", "feeds", url="file:///etc/passwd"), "needs a url that begins with https"),
        (SourceConfig("s", "feeds", url="https://a.example/", options={"kind": "tweet"}), "kind must be"),
        (SourceConfig("s", "hackernews"), "needs a query that names something"),
        (SourceConfig("s", "hackernews", query="a", options={"days": "0"}), "whole number from 1 to 7320"),
        (SourceConfig("s", "files"), "needs the path"),
        (SourceConfig("s", "files", path="p", options={"timezone": "Mars/Base"}), "no time zone"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_with_the_reason(config: SourceConfig, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        make(config, SECRETS)


@pytest.mark.parametrize("given", ["yes", "on", "1", ""])
@pytest.mark.parametrize(
    ("platform", "switch"),
    [
        *(("x", switch) for switch in ("mentions", "own_posts", "stream")),
        *(("mastodon", switch) for switch in ("search", "mentions", "own_posts", "ask_origins")),
        *(("bluesky", switch) for switch in ("jetstream", "own_posts")),
        ("articles", "allow_private"),
    ],
)
def test_a_switch_that_is_neither_true_nor_false_is_refused_and_never_taken_for_off(
    platform: str, switch: str, given: str
) -> None:
    config = replace(CONFIGS[platform], options={switch: given}, own_handles=("parcelohelp",))

    with pytest.raises(ConfigError, match=f'{switch} must be "true" or "false", not "{given}"'):
        make(config, SECRETS)


@pytest.mark.parametrize(("given", "is_on"), [("true", True), ("True", True), (" false", False), ("FALSE", False)])
def test_a_switch_may_be_written_in_capitals(given: str, is_on: bool) -> None:
    assert SourceConfig("s", "x", options={"stream": given}).switch("stream", default=not is_on) is is_on


@pytest.mark.parametrize("platform", ["x", "reddit", "files", "hackernews", "mastodon", "bluesky"])
@pytest.mark.parametrize("cursor", ["no json", "[1]", '{"since":"x","new":"x","files":{"a":7},"walks":7}'])
def test_a_cursor_of_another_kind_is_refused_and_not_taken_for_the_start(platform: str, cursor: str) -> None:
    collector = make(CONFIGS[platform], SECRETS)

    with pytest.raises(ConfigError, match="clear"):
        list(collector.fetch(cursor))
    collector.close()


def test_cursors_are_equal_where_their_states_are() -> None:
    assert write_cursor(b=1, a="x") == write_cursor(a="x", b=1)
    assert read_cursor(write_cursor(a=1)) == {"a": 1}
    assert read_cursor("") == {}


def test_no_credential_shows_in_what_is_printed_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for platform, config in CONFIGS.items():
        collector = make(config, SECRETS)
        assert "not-a-real" not in repr(collector), platform
        assert "not-a-real" not in str(vars(collector)), platform
        collector.close()
    assert not logging.getLogger("tweepy.client").isEnabledFor(logging.DEBUG)
    assert "not-a-real" not in caplog.text


def test_a_source_of_files_loads_no_client_of_another_platform() -> None:
    code = (
        "import sys, collectors; collectors.make(collectors.SourceConfig('s', 'files', path='p'), {});"
        "clients = ('tweepy', 'praw', 'httpx', 'feedparser', 'mastodon', 'atproto_client');"
        "print([name for name in clients if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[]"
