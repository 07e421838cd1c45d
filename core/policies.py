"""What each platform's terms let us do with its posts, and why.

Read in November 2026. Terms change: what stands here is a careful default, not advice; each source can say otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy card of a source.

    `may_train`: whether corrections of its posts may adapt a model. `may_export`: whether their words may leave
    Afterclick in a file. `recheck_hours`: after how many hours a post is looked up again, so that what was changed or
    deleted there is so here; 0 for never. `may_reply`: whether a reply may be sent from here. `why` says of each, by
    its name, what that rests on. `keep_days`: after how many days the words of a post that could not be looked up again
    have to go; 0 for no such rule.
    """

    may_train: bool
    may_export: bool
    recheck_hours: int
    may_reply: bool
    why: Mapping[str, str] = field(default_factory=dict)
    keep_days: int = 0


POLICIES: Final = {
    "x": Policy(
        may_train=False,
        may_export=False,
        recheck_hours=22,
        may_reply=True,
        why={
            "may_train": "X's developer agreement forbids training foundation and frontier models on its content, and "
            "does not say where these begin (docs.x.com/developer-terms/agreement)",
            "may_export": "X's developer policy lets ids of posts be handed on, and of whole posts no more than 500 a "
            "day to one person, by hand (docs.x.com/developer-terms/policy, content redistribution)",
            "recheck_hours": "X's developer policy wants what is deleted, protected or changed there to be so here as "
            "soon as reasonably possible, or within 24 hours of a request (docs.x.com/developer-terms/policy, content "
            "compliance): 22 leaves time to get round; each look-up costs as much as reading a post",
            "may_reply": "X's developer policy wants consent before automated replies; a member writes each one of "
            "yours (docs.x.com/developer-terms/policy, spam, bots, and automation)",
        },
    ),
    "reddit": Policy(
        may_train=False,
        may_export=False,
        recheck_hours=24,
        may_reply=False,
        why={
            "may_train": "Reddit's data API terms, 2.4, want every author's permission before a model is trained on a "
            "post (redditinc.com/policies/data-api-terms)",
            "may_export": "Reddit counts keeping what was deleted there as a violation, also without a name: "
            "a file that was handed out cannot follow (Reddit's Data API Wiki)",
            "recheck_hours": "Reddit wants all words of deleted posts and the names of deleted accounts to go, and "
            "recommends that this takes no more than 48 hours (Reddit's Data API Wiki)",
            "may_reply": "Reddit approves each app for what it describes; let yours be approved for posting first "
            "(Reddit's Responsible Builder Policy)",
        },
    ),
    "mastodon": Policy(
        may_train=False,
        may_export=False,
        recheck_hours=24,
        may_reply=True,
        why={
            "may_train": "each server has its own terms; those of mastodon.social forbid training language models on "
            "what is written there (since July 2025)",
            "may_export": "each server has its own terms; those of mastodon.social forbid collecting for archives",
            "recheck_hours": "no deadline that we know of; what an author deletes is meant to be gone",
            "may_reply": "nothing speaks against answering somebody who wrote about you; a member writes each reply",
        },
    ),
    "bluesky": Policy(
        may_train=False,
        may_export=True,
        recheck_hours=24,
        may_reply=True,
        why={
            "may_train": "Bluesky's developer guidelines say nothing of training, and authors have not been asked "
            "(docs.bsky.app/docs/support/developer-guidelines)",
            "may_export": "posts are public records that anybody may copy; take out of your files what is deleted",
            "recheck_hours": "every service has to delete what its author wants deleted "
            "(docs.bsky.app/docs/support/developer-guidelines, 3)",
            "may_reply": "only automated and bulk replies count as spam; a member writes each one of yours "
            "(docs.bsky.app/docs/support/developer-guidelines, 1)",
        },
    ),
    "feeds": Policy(
        may_train=True,
        may_export=True,
        recheck_hours=0,
        may_reply=False,
        why={
            "may_train": "published to be read by machines; whether its site forbids more is for you to check",
            "may_export": "published to be read by machines; whether its site forbids more is for you to check",
            "recheck_hours": "a feed lists its newest entries only and does not say what was deleted",
            "may_reply": "a feed cannot be written to",
        },
    ),
    "articles": Policy(
        may_train=True,
        may_export=False,
        recheck_hours=0,
        may_reply=False,
        why={
            "may_train": "published for everyone to read; whether its site forbids more is for you to check",
            "may_export": "a whole article is its author's work; link to it",
            "recheck_hours": "an article is read once, when the feed lists it",
            "may_reply": "an article cannot be answered from here",
        },
    ),
    "hackernews": Policy(
        may_train=False,
        may_export=True,
        recheck_hours=168,
        may_reply=False,
        why={
            "may_train": "Y Combinator's terms of use forbid data mining of the site and say nothing of what its API "
            "is for (ycombinator.com/legal)",
            "may_export": "handed out to everybody by an open API (github.com/HackerNews/API)",
            "recheck_hours": "authors can delete for a few hours only; moderators later",
            "may_reply": "its API cannot be written to",
        },
    ),
    "youtube": Policy(
        may_train=False,
        may_export=False,
        recheck_hours=25 * 24,
        may_reply=False,
        why={
            "may_train": "YouTube's developer policies let data be kept for what an app shows, and 30 days at a time "
            "(developers.google.com/youtube/terms/developer-policies, III.E)",
            "may_export": "what leaves in a file cannot be refreshed or deleted after 30 days",
            "recheck_hours": "what was read with a key has to be refreshed or deleted within 30 days; five are left "
            "for a bad week (developers.google.com/youtube/terms/developer-policies, III.E.4)",
            "may_reply": "a key only reads; writing needs the channel's consent",
        },
        keep_days=30,
    ),
    "files": Policy(
        may_train=True,
        may_export=True,
        recheck_hours=0,
        may_reply=False,
        why={
            "may_train": "your own files",
            "may_export": "your own files",
            "recheck_hours": "nobody to ask",
            "may_reply": "nobody to send a reply to",
        },
    ),
}
NAMES: Final = ("may_train", "may_export", "recheck_hours", "may_reply")
_UNKNOWN: Final = Policy(
    may_train=False,
    may_export=False,
    recheck_hours=0,
    may_reply=False,
    why=dict.fromkeys(NAMES, "nobody has looked at this platform's terms for Afterclick"),
)


def policy_for(platform: str, settings: Mapping[str, Any]) -> Policy:
    """Return the card of a source: what its settings say, and where they say nothing what its platform's terms do.

    Of a platform that we do not know nothing is allowed. How long words may be kept is not for settings to say.
    """
    default = policy_of(platform)
    said = {name: settings[name] for name in NAMES if settings.get(name) is not None}
    values = {name: said.get(name, getattr(default, name)) for name in NAMES}
    why = {name: "your configuration says so" if name in said else default.why[name] for name in NAMES}
    return Policy(**values, why=why, keep_days=default.keep_days)


def policy_of(platform: str) -> Policy:
    """Return the platform's policy; of one that we do not know nothing is allowed."""
    return POLICIES.get(platform, _UNKNOWN)


def may_train(platform: str, said: bool | None) -> bool:
    """Whether posts may adapt a model: what the source's configuration says, or else its platform's policy."""
    return policy_of(platform).may_train if said is None else said
