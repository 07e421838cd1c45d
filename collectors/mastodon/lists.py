"""The lists that are read of a server of Mastodon, and how far the reading of each is."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Self

import mastodon

from collectors.authors import mastodon_handles
from collectors.base import SourceConfig, plain
from collectors.mastodon.statuses import id_at, id_moment, order
from collectors.queries import for_mastodon, hashtags_of
from core.errors import AuthError, BadResponseError, CollectError, ConfigError, NotPermittedError
from core.queries import TermKind

PAGE_SIZE: Final = 40  # the most that timelines and search give: https://docs.joinmastodon.org/methods/timelines/
MAX_ID: Final = 36  # characters; Mastodon's ids have 18, GoToSocial's 26: with a longer one a walk would never go up
HASHTAG: Final = re.compile(r"\w+")


class ListKind(StrEnum):
    """Where a list comes from."""

    TAG = "tag"
    SEARCH = "search"
    MENTIONS = "mentions"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Listing:
    """One list, newest first; `words` are the hashtag, what is searched for, or the account (name@server)."""

    kind: ListKind
    words: str = ""

    @property
    def name(self) -> str:
        """The list's name in the cursor."""
        return f"{self.kind}:{self.words}" if self.words else str(self.kind)

    def __str__(self) -> str:
        before = {ListKind.TAG: "#", ListKind.SEARCH: "the search for ", ListKind.ACCOUNT: "the posts of "}
        return before.get(self.kind, "the mentions") + self.words


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list: its id, by which the list is ordered, and the status in it."""

    id: str
    status: Any


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a list is read: all up to `since` is had; a walk from `newest` down has come to `until`. "" is none."""

    since: str = ""
    newest: str = ""
    until: str = ""

    @classmethod
    def read(cls, state: object) -> Self:
        """Return the walk that a part of the cursor stands for."""
        if not isinstance(state, dict) or not all(isinstance(each, str) for each in state.values()):
            raise ConfigError("The stored cursor is none of Mastodon; clear it to read the source from the start.")
        return cls(**{name: state.get(name, "") for name in ("since", "newest", "until")})

    @property
    def state(self) -> dict[str, str]:
        """The walk as a part of the cursor."""
        return {name: value for name, value in asdict(self).items() if value}

    def after(self, ids: list[str]) -> "Walk":
        """Return the walk once the entries with these ids are stored."""
        return replace(self, newest=max([self.newest, *ids], key=order), until=min(ids, key=order)) if ids else self

    def finished(self) -> "Walk":
        """Return the state when nothing is left below."""
        return Walk(since=max(self.since, self.newest, key=order))

    def has_reached(self, bottom: str) -> bool:
        """Return whether the walk has come down to the id `bottom`, "" for none."""
        return bool(bottom) and bool(self.until) and order(self.until) <= order(bottom)

    def bottom(self, overlap: timedelta, reach: timedelta) -> str:
        """Return the id at which the walk ends, "" where it goes on to the list's end.

        Posts of other servers come late, and get an id of the time at which they were written: so the stretch before
        `since` is read again. The first walk goes back from the newest id, not from this machine's clock.
        """
        moment = id_moment(self.since or self.newest)
        if moment is None:
            return self.since
        return id_at(moment - (overlap if self.since else reach))


def listings(config: SourceConfig, host: str, *, with_token: bool) -> tuple[Listing, ...]:
    """Return the lists to be read; raises `ConfigError` where there is none, or one that needs a token has none."""
    query = config.wanted
    given = [tag.strip().removeprefix("#") for tag in config.options.get("hashtags", "").split(",")]
    tags = [tag for tag in given if tag] or list(hashtags_of(query))
    if not tags and not config.native_query:  # a brand of one word is its own hashtag
        tags = [name.text for name in query.names if name.kind is TermKind.WORD and HASHTAG.fullmatch(name.text)]
    wrong = next((tag for tag in tags if not HASHTAG.fullmatch(tag)), None)
    if wrong:
        raise ConfigError(f'Source "{config.name}": a hashtag has letters, digits and _ only, "{wrong}" is none.')
    found = [Listing(ListKind.TAG, tag.lower()) for tag in tags]
    if config.switch("search", default=True):
        parts = [config.native_query] if config.native_query else for_mastodon(query)
        parts = [part for part in parts if part.removeprefix("#").lower() not in {tag.lower() for tag in tags}]
        if parts and tags and not with_token:
            raise AuthError(
                f'Source "{config.name}" is off: MASTODON_ACCESS_TOKEN not set, and without it only hashtags are read, '
                f'not posts with {", ".join(parts[:3])}. Set it, or be content with options = {{ search = "false" }}.'
            )
        found += [Listing(ListKind.SEARCH, part) for part in parts if with_token]
    if config.switch("mentions", default=False):
        if not with_token:
            raise ConfigError(f'Source "{config.name}": mentions need MASTODON_ACCESS_TOKEN.')
        found.append(Listing(ListKind.MENTIONS))
    if not found:
        raise ConfigError(
            f'Source "{config.name}" needs a query with a name of one word or a #hashtag, the option hashtags, or '
            "MASTODON_ACCESS_TOKEN to search with."
        )
    if config.switch("own_posts", default=True):
        found += [Listing(ListKind.ACCOUNT, handle) for handle in mastodon_handles(config.own_handles, host)]
    return tuple(dict.fromkeys(found))


class Lists:
    """The lists of one server, page by page."""

    def __init__(self, client: mastodon.Mastodon, host: str) -> None:
        self._client, self._host = client, host
        self._accounts: dict[str, str] = {}  # name@server -> the server's own number, "" where it knows none

    def page(self, listing: Listing, until: str, offset: int = 0) -> list[Item]:
        """Return the entries below the id `until`; raises `CollectError`."""
        with our_errors():
            found = self._ask(listing, until, offset)
        if not isinstance(found, list):
            raise BadResponseError("The server sent something else than a list.")
        items = [Item(plain(each.get("id")), each) for each in found if isinstance(each, Mapping)]
        if found and not any(item.id for item in items):
            raise BadResponseError("The server sent a list of something else.")
        if listing.kind is ListKind.MENTIONS:
            items = [Item(item.id, item.status.get("status")) for item in items]
        return [item for item in items if 0 < len(item.id) <= MAX_ID]

    def _ask(self, listing: Listing, until: str, offset: int) -> Any:
        below = until or None
        if listing.kind is ListKind.TAG:
            return self._client.timeline_hashtag(listing.words, max_id=below, limit=PAGE_SIZE)
        if listing.kind is ListKind.MENTIONS:
            return self._client.notifications(types=["mention"], max_id=below, limit=PAGE_SIZE)
        if listing.kind is ListKind.ACCOUNT:
            number = self._account(listing.words)
            asked = {"exclude_reblogs": True, "max_id": below, "limit": PAGE_SIZE}
            return self._client.account_statuses(number, **asked) if number else []
        answer: Any = self._client.search_v2(
            listing.words,
            resolve=False,
            result_type="statuses",
            exclude_unreviewed=False,  # else the library asks for the server's version first
            max_id=whole_second_after(until) or None,
            offset=offset or None,
            limit=PAGE_SIZE,
        )
        return answer["statuses"]

    def _account(self, handle: str) -> str:
        """Return the server's number of an account; one that it does not know has written nothing there."""
        if handle not in self._accounts:
            asked = handle.removesuffix(f"@{self._host}")  # some servers give their handles another host than their own
            try:
                with our_errors():
                    self._accounts[handle] = plain(self._client.account_lookup(asked)["id"])
            except NotPermittedError as error:
                if not is_missing(error):
                    raise
                self._accounts[handle] = ""
        return self._accounts[handle]


def whole_second_after(until: str) -> str:
    """Return an id that lets search show the rest of `until`'s second too.

    Search turns max_id into "before:" a moment in whole seconds (app/services/statuses_search_service.rb), and would
    pass over what was posted earlier in that second.
    """
    moment = id_moment(until)
    return id_at(moment.replace(microsecond=0) + timedelta(seconds=1)) if moment else until


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn what Mastodon.py raises into our errors; it wraps those that its transport raised in its own."""
    try:
        yield
    except mastodon.MastodonError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, CollectError):
            cause = cause.__cause__ or cause.__context__
        raise cause or BadResponseError("The server sent something else than JSON.") from error
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise BadResponseError("The server sent an answer of another shape.") from error


def is_missing(error: NotPermittedError) -> bool:
    """Return whether the server says that there is nothing at the address."""
    return "(404)" in str(error) or "(410)" in str(error)
