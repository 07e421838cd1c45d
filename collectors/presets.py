"""What the columns of well-known exports mean, each with where its names were read."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of export: `name` as people call it, and the columns of each field, the best first.

    Column names are tidy (lower case, "_" for blanks and dashes and dots). A row takes the first of a field's columns
    that is not empty in it; a field with no column is left out, whatever the file has. A file with all of `marks` is
    such an export. `platform` is where its rows are from, "" where they may be from anywhere.
    """

    name: str
    marks: frozenset[str]
    columns: Mapping[str, tuple[str, ...]]
    platform: str = ""


EXPORTS: Final[dict[str, Preset]] = {
    # https://developers.brandwatch.com/docs/mention-metadata-field-definitions (what its API and tools on it save; the
    # CSV of its website has other names, and lines above its header)
    "brandwatch": Preset(
        "Brandwatch",
        frozenset({"queryid", "pagetype", "snippet", "date"}),
        {
            "text": ("fulltext", "snippet"),
            "platform_id": ("guid", "resourceid"),
            "posted_at": ("date",),
            "author": ("author",),
            "author_name": ("fullname",),
            "url": ("originalurl", "url"),
            "language": ("language",),
            "reach": ("reachestimate", "impressions"),
            "conversation_id": ("threadid",),
        },
    ),
    # The header of Play Console's monthly reviews_*.csv (UTF-16), as public code that reads it quotes it; no authors.
    "google-play": Preset(
        "Google Play",
        frozenset({"package_name", "review_submit_date_and_time", "review_text", "review_link"}),
        {
            "text": ("review_text",),
            "platform_id": ("review_link",),
            "posted_at": ("review_submit_date_and_time",),
            "author": (),
            "author_name": (),
            "url": ("review_link",),
            "title": ("review_title",),
            "language": ("reviewer_language",),
        },
        "google_play",
    ),
    # https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews (Takeout's too)
    "google-reviews": Preset(
        "Google reviews",
        frozenset({"starrating", "createtime", "comment", "reviewer_displayname"}),
        {
            "text": ("comment",),
            "platform_id": ("reviewid", "name"),
            "posted_at": ("createtime",),
            "author": ("reviewer_displayname",),
            "author_name": ("reviewer_displayname",),
        },
        "google_reviews",
    ),
    # The header as public code that reads it quotes it ("Date,Headline,URL,Opening Text,Hit Sentence,Source,Influencer,
    # Country,Subregion,Language,Reach,...,Tweet Id,...,Twitter Screen Name,...,Twitter Followers,...").
    "meltwater": Preset(
        "Meltwater",
        frozenset({"headline", "opening_text", "hit_sentence", "influencer"}),
        {
            "text": ("hit_sentence", "opening_text"),
            "platform_id": ("tweet_id", "url"),
            "posted_at": ("date",),
            "author": ("twitter_screen_name", "author_handle", "influencer"),
            "author_name": ("influencer",),
            "url": ("url",),
            "title": ("headline",),
            "language": ("language",),
            "reach": ("reach", "twitter_followers"),
        },
    ),
    # https://github.com/ringcentral/engage-digital-api-docs, docs/exports/main-export-fields.md: the export "messages"
    "ringcentral": Preset(
        "RingCentral Engage Digital",
        frozenset({"content_thread_id", "body_as_text", "intervention_id"}),
        {
            "text": ("body_as_text", "body"),
            "platform_id": ("id",),
            "posted_at": ("created_at",),
            "author": ("author_name",),
            "author_name": ("author_name",),
            "conversation_id": ("content_thread_id",),
            "kind": (),
        },
    ),
    # https://developer.talkwalker.com/docs/talkwalker-documents, and public code that reads its CSV
    "talkwalker": Preset(
        "Talkwalker",
        frozenset({"published", "content", "source_type", "extra_author_attributes_name"}),
        {
            "text": ("content",),
            "platform_id": ("url",),
            "posted_at": ("published",),
            "author": ("extra_author_attributes_name",),
            "author_name": ("extra_author_attributes_name",),
            "url": ("url",),
            "title": ("title",),
            "language": ("lang",),
            "reach": ("reach",),
        },
    ),
    # The header of the download in Trustpilot Business, as public code that reads it quotes it
    "trustpilot": Preset(
        "Trustpilot",
        frozenset({"review_id", "review_created_(utc)", "review_content", "review_stars"}),
        {
            "text": ("review_content",),
            "platform_id": ("review_id",),
            "posted_at": ("review_created_(utc)",),
            "author": ("review_username", "review_consumer_user_id"),
            "author_name": ("review_username",),
            "title": ("review_title",),
        },
        "trustpilot",
    ),
    # https://github.com/api-evangelist/zendesk, json-schema/zendesk-ticket-schema.json: tickets as its API has them.
    # Their `url` is one of the API, which shows nobody anything.
    "zendesk": Preset(
        "Zendesk",
        frozenset({"requester_id", "raw_subject", "description", "created_at"}),
        {
            "text": ("description",),
            "platform_id": ("id",),
            "posted_at": ("created_at",),
            "author": ("requester_id",),
            "author_name": (),
            "url": (),
            "title": ("subject", "raw_subject"),
        },
        "zendesk",
    ),
}


def preset_of(name: str, columns: Collection[str]) -> Preset | None:
    """Return the preset of that name, else the one whose marks are all among the tidy `columns`, None for neither.

    Raises `ConfigError` that names the nearest known one.
    """
    if name:
        return _named(name)
    have = set(columns)
    return next((preset for preset in EXPORTS.values() if preset.marks <= have), None)


def _named(name: str) -> Preset:
    if name in EXPORTS:
        return EXPORTS[name]
    close = difflib.get_close_matches(name.lower(), EXPORTS, n=1, cutoff=0.5)
    hint = f'; did you mean "{close[0]}"?' if close else f" (known: {', '.join(EXPORTS)})."
    raise ConfigError(f'There is no preset "{name}"{hint}')
