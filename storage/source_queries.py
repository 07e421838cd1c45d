"""What a source looks for: its own query, or its brand's, or nothing by name."""

from dataclasses import dataclass
from typing import Final

from core.queries import query_of_brand, write_query
from storage.tables import Brand, Source

# What names its place itself needs no query: all that stands there is read, and whether it is about the brand is
# judged afterwards.
NAMES_ITS_PLACE: Final = ("articles", "feeds", "files")
PLACES: Final = frozenset({"channel", "subreddit", "videos"})  # options that name one on other platforms


@dataclass(frozen=True, slots=True)
class WrittenQuery:
    """What a source looks for: `text` in our language, `native` in the platform's own, in its place where it is given.

    `is_of_brand` where the source has no query of its own and takes its brand's. Both texts are empty where all that
    the source brings is taken.
    """

    text: str
    native: str = ""
    is_of_brand: bool = False


def query_of(source: Source, brand: Brand) -> WrittenQuery:
    """Return what the source looks for; its brand's query counts unless it has its own or names a place to read."""
    native = str(source.settings.get("native_query", ""))
    has_place = source.platform in NAMES_ITS_PLACE or not PLACES.isdisjoint(options_of(source))
    if source.query or has_place:
        return WrittenQuery(source.query, native)
    return WrittenQuery(query_text_of(brand), native, is_of_brand=True)


def query_text_of(brand: Brand) -> str:
    """Return what is looked for on behalf of the brand: its query, or else one made of its names."""
    return brand.query or write_query(query_of_brand(brand.handles, brand.aliases, brand.exclude, brand.name))


def options_of(source: Source) -> dict[str, str]:
    """Return the platform's own settings of the source, with the subreddit, which has a key of its own."""
    options: dict[str, str] = source.settings.get("options", {})
    subreddit = source.settings.get("subreddit")
    return {**options, "subreddit": subreddit} if subreddit else options
