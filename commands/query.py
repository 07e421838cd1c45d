"""`query test`: what a query finds among the stored posts, what each platform is asked, and what it would cost."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from collectors.base import SourceConfig
from collectors.preview import compiled, estimate, reads_mentions_apart
from commands.parts import JsonFlag, opened, print_json, say
from commands.sources import LARGEST, printable
from core.budgets import dollars
from core.errors import ConfigError, InputError
from core.masking import excerpt
from core.platforms import platform_words
from core.queries import Query, parse_query
from core.types import Compiled, Estimate
from settings import credentials_for
from storage.brands import brand_named
from storage.database import Session
from storage.query_test import NEWEST, Among, Group, Place, Tested, places, source_named, try_query

MOST_GROUPS = 10
EXAMPLES = 3
EXAMPLE_LENGTH = 100
app = typer.Typer(no_args_is_help=True, help="Queries: what they would find, and what they would cost.")


@app.callback()
def _group() -> None:
    """Keep `test` a command of its own, also while it is the only one."""


@app.command()
def test(
    query: Annotated[str, typer.Argument(help="A query as docs/queries.md describes it; put it in quotation marks.")],
    brand: Annotated[str, typer.Option(help="Try it on the posts of this brand.")] = "",
    source: Annotated[str, typer.Option(help="Try it on the posts of this source.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=LARGEST, help="Look at the newest so many posts.")] = NEWEST,
    estimated: Annotated[
        bool, typer.Option("--estimate", help="Also ask X what it would bring and cost; half a cent a search.")
    ] = False,
    json_output: JsonFlag = False,
) -> None:
    """Say what a query finds among the stored posts and why it leaves out others, and what each platform is asked."""
    if brand and source:
        raise typer.BadParameter("--brand and --source say each which posts to look at: choose one")
    wanted = _parsed(query)
    with opened() as parts, parts.database.read() as session:
        place = _place(session, brand, source)
        among = Among(place.brand_id if place and not source else None, place.source_id if place else None)
        tested = try_query(session, wanted, among if brand or source else Among(), limit, EXAMPLES)
    config = _on_x(query, place)
    asked = compiled(wanted, config.own_handles, mentions_apart=reads_mentions_apart(config, credentials_for))
    said = estimate(config, credentials_for) if estimated else None
    if json_output:
        print_json(_record(tested, asked, said))
        return
    _print(tested)
    _print_platforms(asked)
    if said:
        say(f"On X: about {said.posts:,} posts and {dollars(said.cost)} a month. {said.basis}.")


def _parsed(query: str) -> Query:
    try:
        return parse_query(query)
    except ConfigError as error:
        raise InputError(f"The query cannot be read: {error}") from error


def _place(session: Session, brand: str, source: str) -> Place | None:
    """Return whose accounts are not searched for: those of the source, of the brand, or of the only brand there is."""
    known = places(session)
    if source:
        source_id = source_named(session, source).id
        return next(each for each in known if each.source_id == source_id)
    brands = [each for each in known if each.source_id is None]
    if brand:
        brand_id = brand_named(session, brand).id
        return next(each for each in brands if each.brand_id == brand_id)
    return brands[0] if len(brands) == 1 else None


def _on_x(query: str, place: Place | None) -> SourceConfig:
    """Return the query as that of a source of X: of the place where that is one."""
    on_x = place is not None and place.platform == "x"
    return SourceConfig(
        name=place.name if place and on_x else "query test",
        platform="x",
        query=query,
        own_handles=place.own_handles if place else (),
        base_url=place.base_url if place and on_x else "",
        options=place.options if place and on_x else {},
    )


def _print(tested: Tested) -> None:
    if not tested.looked_at:
        say("No post is stored there yet, so there is nothing to try it on.")
        return
    left_out = tested.looked_at - tested.matched
    since = f" since {tested.since:%Y-%m-%d}" if tested.since else ""
    say(f"Of the newest {tested.looked_at:,} stored posts{since}: {tested.matched:,} found, {left_out:,} left out.")
    for title, groups in (("Found", tested.found), ("Left out", tested.left_out)):
        if groups:
            say(f"\n{title}")
            _print_groups(groups)
    say("\nPosts that no query has brought yet are not among them: a wider one finds more on the platforms.")


def _print_groups(groups: Sequence[Group]) -> None:
    for group in groups[:MOST_GROUPS]:
        say(f"  {group.count:>6,}  {printable(group.why)}")
        for post in group.examples:
            words = excerpt(f"{post.title} {post.text}" if post.title else post.text, EXAMPLE_LENGTH)
            say(f"          “{printable(words)}” {printable(post.author)} on {platform_words(post.platform)}")
    if len(groups) > MOST_GROUPS:
        say(f"          and {len(groups) - MOST_GROUPS} more reasons")


def _print_platforms(asked: Sequence[Compiled]) -> None:
    say("\nWhat each platform is asked")
    for each in asked:
        name = platform_words(each.platform)
        if each.error or not each.parts:
            say(f"  {name}: {each.error or 'no search: the query names nothing that is searched for there'}")
        for part in each.parts:
            length = f"{len(part)} of {each.limit}" if each.limit else str(len(part))
            say(f"  {name} ({length} characters): {part}")


def _record(tested: Tested, asked: Sequence[Compiled], said: Estimate | None) -> dict[str, Any]:
    return {
        "looked_at": tested.looked_at,
        "matched": tested.matched,
        "left_out": tested.looked_at - tested.matched,
        "since": tested.since.isoformat() if tested.since else None,
        "found_by": [_described(group) for group in tested.found],
        "left_out_by": [_described(group) for group in tested.left_out],
        "platforms": [
            {
                "platform": each.platform,
                "searches": [{"text": part, "length": len(part)} for part in each.parts],
                "limit": each.limit,
                "error": each.error,
            }
            for each in asked
        ],
        "estimate": asdict(said) if said else None,
    }


def _described(group: Group) -> dict[str, Any]:
    posts = [
        {"id": post.id, "platform": post.platform, "author": post.author, "text": post.text, "url": post.url}
        for post in group.examples
    ]
    return {"why": group.why, "count": group.count, "examples": posts}
