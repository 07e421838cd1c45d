"""Comments of YouTube: under videos that the source names or a search finds, or all that concern a channel.

https://developers.google.com/youtube/v3/docs/commentThreads/list

Threads come by the time of their first comment, newest first, 100 a question; replies come along in part. There is no
filter by time, and an old thread with a new reply does not come up again.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Final

import httpx

from collectors.base import Credentials, NeedsNothing, Secret, SourceConfig, reach_of
from collectors.queries import for_youtube
from collectors.web import http_client
from collectors.youtube.api import KEY, Api, Quota, ReasonedError
from collectors.youtube.comments import to_posts
from collectors.youtube.places import VIDEO, channel_of, videos_of
from collectors.youtube.state import State, Walk
from collectors.youtube.threads import Threads, as_dict, cursor_of, time_of
from core.errors import BadResponseError, ConfigError, RateLimitedError
from core.types import Gap, LookedUp, Page

logger = logging.getLogger(__name__)

VIDEOS_ASKED: Final = 50  # ids in one question, and results of a search
MAX_VIDEOS: Final = 200  # of those that a search found
NOT_THERE: Final = -1
DAYS: Final = 30  # how far back a video is read that is new to the source
REPLY_DAYS: Final = 3  # for which a thread is looked at again for new replies
SEARCH_HOURS: Final = 6  # between two searches, of which there are 100 a day
WALK_HOURS: Final = 24  # after which a video is read although its number of comments is the same
QUOTA: Final = 5_000  # questions a day, half of what a project has
HOUR: Final = 3_600  # seconds
DAY: Final = 24 * HOUR
OFF: Final = "Comments are switched off under the video {}: there is nothing to be read."
GONE: Final = "The video {} is not there, or not for everybody: its comments cannot be read."


class YouTube(NeedsNothing):
    """The comments of a source's channel or videos; those that `query` finds where one is given.

    With neither channel nor videos, the query also finds the videos. Comments are read whole and matched here: what
    YouTube's own search in comments leaves out it does not say.
    """

    credentials: ClassVar[tuple[str, ...]] = (KEY,)
    options: ClassVar[frozenset[str]] = frozenset(
        {"channel", "days", "quota_per_day", "reply_days", "search_hours", "videos"}
    )
    lookup_size: ClassVar[int] = 50

    def __init__(self, config: SourceConfig, client: httpx.Client, key: Secret) -> None:
        self.name = config.name
        self.channel, self.videos = channel_of(config), videos_of(config)
        named = bool(self.channel or self.videos)
        self.searches = [] if named else [config.native_query] if config.native_query else for_youtube(config.wanted)
        if not named and not self.searches:
            raise ConfigError(f'Source "{config.name}" needs a query, or the option channel or videos.')
        self.wanted = config.wanted
        self.own = {handle.lower().lstrip("@") for handle in config.own_handles}
        self.days = config.whole_number("days", DAYS, low=1, high=20 * 366)
        self.reply_days = config.whole_number("reply_days", REPLY_DAYS, high=366)
        self.search_hours = config.whole_number("search_hours", SEARCH_HOURS, low=1, high=24 * 30)
        self.per_day = config.whole_number("quota_per_day", QUOTA, low=1, high=10_000_000)
        self.client = client
        self.api = Api(client, key, config.base_url)
        self.quota = Quota(self.per_day)
        self.threads = Threads(self.api, self.quota, self.name, self.wanted, self.own)

    @classmethod
    def build(
        cls, config: SourceConfig, credentials: Credentials, timeout: tuple[float, float] | None = None
    ) -> "YouTube":
        """Return the collector with an httpx client that has timeouts."""
        client = http_client(base_url=config.base_url, timeout=timeout)
        client.follow_redirects = False  # httpx would send the key's header along, to whichever host
        return cls(config, client, credentials[KEY])

    def fetch(self, cursor: str) -> Iterator[Page]:
        """Yield new comments and replies, list by list, each newest first."""
        state = State.read(cursor)
        self.quota = Quota(self.per_day, state.day, state.used)
        self.threads = Threads(self.api, self.quota, self.name, self.wanted, self.own)
        if self.channel:
            yield from self._walk(state, self.channel, {"allThreadsRelatedToChannelId": self.channel})
            return
        if self.videos:
            state.walks = {video: state.walks.get(video, Walk()) for video in self.videos}
        elif self._is_search_due(state):
            yield self._search(state)
        for video, count in self._counts(state).items():
            yield from self._video(state, video, count)

    def lookup(self, ids: Sequence[str]) -> LookedUp:
        """Return what became of comments; YouTube does not say why one is not there any more."""
        asked = ",".join(ids)
        answer = self.api.ask("comments", self.quota, part="snippet", id=asked, textFormat="plainText")
        posts, _ = to_posts(answer.get("items", []))
        there = {str(raw.get("id")) for raw in answer.get("items", []) if isinstance(raw, dict)}
        gone = {each: "deleted or hidden on YouTube" for each in ids if each not in there}
        return LookedUp(tuple(posts), gone)

    def close(self) -> None:
        """Close the client's connections."""
        self.client.close()

    def _now(self) -> int:
        return int(self.api.now.timestamp()) if self.api.now else 0

    def _is_search_due(self, state: State) -> bool:
        if not state.searched:
            return True
        if self.api.now is None:  # any answer tells the time; this is the smallest
            self.api.ask("videos", self.quota, part="id", chart="mostPopular", maxResults=1)
        return self._now() - state.searched >= self.search_hours * HOUR

    def _search(self, state: State) -> Page:
        """Return a page without posts whose cursor knows the videos that the searches found.

        Searches have a quota of their own; where it is used up, the videos that are known are read all the same.
        """
        try:
            found = [video for query in self.searches for video in self._found(query)]
        except RateLimitedError as error:
            if not state.walks:
                raise
            logger.warning("%s: no new videos were looked for: %s", self.name, error)
            state.searched = self._now() - (self.search_hours - 1) * HOUR
            return Page((), cursor_of(state, self.quota))
        for video in reversed(found):
            state.walks.setdefault(video, Walk())
        state.walks = dict(list(state.walks.items())[-MAX_VIDEOS:])
        state.searched = self._now()
        return Page((), cursor_of(state, self.quota))

    def _found(self, query: str) -> list[str]:
        """Return the newest videos that a search finds, the newest first."""
        answer = self.api.ask(
            "search", self.quota, part="id", type="video", order="date", maxResults=VIDEOS_ASKED, q=query
        )
        videos = [str(as_dict(as_dict(item).get("id")).get("videoId")) for item in answer.get("items", [])]
        return [video for video in videos if VIDEO.fullmatch(video)]

    def _counts(self, state: State) -> dict[str, int | None]:
        """Return how many comments each video has: None where they are switched off, `NOT_THERE` where it is gone."""
        counts: dict[str, int | None] = {}
        videos = list(state.walks)
        for start in range(0, len(videos), VIDEOS_ASKED):
            some = videos[start : start + VIDEOS_ASKED]
            answer = self.api.ask("videos", self.quota, part="statistics", id=",".join(some))
            found = {str(raw.get("id")): raw for raw in answer.get("items", []) if isinstance(raw, dict)}
            for video in some:
                count = str(as_dict(as_dict(found.get(video)).get("statistics")).get("commentCount"))
                counts[video] = reach_of(count) if count.isdecimal() else None if video in found else NOT_THERE
        return counts

    def _video(self, state: State, video: str, count: int | None) -> Iterator[Page]:
        """Yield what is new under one video; without asking where its number of comments is the same as before."""
        walk = state.walks[video]
        if count is None or count == NOT_THERE:
            yield from self._tell(state, video, OFF if count is None else GONE)
            return
        is_due = self._now() - walk.walked >= WALK_HOURS * HOUR
        if count == walk.count and not walk.token and not is_due:
            return
        was_broken_off = bool(walk.token)
        try:
            yield from self._walk(state, video, {"videoId": video})
        except ReasonedError as error:
            if error.reason not in ("commentsDisabled", "videoNotFound", "forbidden"):
                raise
            yield from self._tell(state, video, OFF if error.reason == "commentsDisabled" else GONE)
        # What was written meanwhile stands above the place where a broken off walk went on.
        walk.count, walk.walked = -1 if was_broken_off else count, self._now()
        yield Page((), cursor_of(state, self.quota))

    def _tell(self, state: State, video: str, why: str) -> Iterator[Page]:
        """Yield once that nothing of a video can be read; one that a search found is let go where it is gone."""
        logger.info("%s: %s", self.name, why.format(video))
        if video not in self.videos:
            if why == GONE:
                state.walks.pop(video)
            return
        if not state.walks[video].told:
            state.walks[video].told = True
            yield Page((), cursor_of(state, self.quota), gap=Gap(why.format(video)))

    def _walk(self, state: State, key: str, which: Mapping[str, str]) -> Iterator[Page]:
        """Yield the threads of one list, newest first, down to where all is had."""
        walk, passed = state.walks.setdefault(key, Walk()), set[str]()
        while True:
            answer = self.threads.page(walk, which)
            threads = [each for each in answer.get("items", []) if isinstance(each, dict)]
            walk.since = walk.since or max(self._now() - self.days * DAY, 1)
            bottom = walk.since - self.reply_days * DAY
            times = [at for each in threads if (at := time_of(each))]
            following = str(answer.get("nextPageToken") or "")
            if following and (following == walk.token or following in passed):
                raise BadResponseError("YouTube keeps sending the same page.")
            last = Page((), "")
            for page in self.threads.read(state, threads):
                if last.cursor:
                    yield last
                last = page
            walk.newest = max(walk.newest, *(min(at, self._now() or at) for at in times), 0)
            # By most of them and not by the last: a comment that is pinned stands at the top whatever its age.
            is_done = not following or sum(at < bottom for at in times) * 2 > len(times)
            walk.token = "" if is_done else following
            passed.add(following)
            if is_done:
                walk.since, walk.newest = max(walk.since, walk.newest), 0
            yield replace(last, cursor=cursor_of(state, self.quota))
            if is_done:
                return
