"""The fields of a source, those that its platform has, and what they say as a table of the configuration file."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import streamlit as st

from board import parts
from board.manage.form import Form
from board.notices import as_text
from board.sources.shown import place_words
from core.configuration.fields import interval_text
from core.errors import FormError, InputError
from core.platforms import CHARGING
from core.policies import policy_of
from storage.editing import clean_name
from storage.rows import id_of
from storage.source_editing import OPTION
from storage.source_queries import NAMES_ITS_PLACE, PLACES
from storage.tables import Brand, Source

FILES: Final = "files"
_OF_ADMINS: Final = frozenset({"server", "allow_private"})
_ADDRESS_HELP: Final = (
    "An address on the public internet: what is typed here is never read inside a private network. Such an address "
    "goes into the configuration file."
)
_FILE_HELP: Final = "Only admins may change it: the machine that runs Afterclick reads whatever stands there."
_MAY: Final = {
    "may_train": "Corrections may train the model",
    "may_export": "The words may leave in a file",
    "may_reply": "A reply may be sent from here",
}
_NUMBERS: Final = ("budget_posts_per_month", "budget_usd_per_month", "recheck_hours")


def fields_of_new(brands: Sequence[Brand]) -> dict[str, Any]:
    """Return what the form of a new source begins with."""
    first: dict[str, Any] = dict.fromkeys(("platform", "url", "path", "subreddit", "map", "options", *_NUMBERS, *_MAY))
    brand_id = id_of(brands[0]) if len(brands) == 1 else None
    return first | {
        "name": "",
        "brand_id": brand_id,
        "query": "",
        "native_query": "",
        "every_seconds": 300,
        "enabled": True,
    }


def show_fields(form: Form, brands: Mapping[int, str], *, is_admin: bool, row: Source | None) -> None:
    """Show the fields of a source of the platform that is chosen."""
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="bottom")
    with left:
        st.text_input("Name", form.first["name"], key=form.key("name"), max_chars=200, placeholder="x-brand")
    with right:
        st.checkbox("Read it", form.first["enabled"], key=form.key("enabled"), help="Off, it keeps its posts.")
    form.show_error("name")
    left, right = st.columns(2, gap="medium")
    with left:
        _choose(form, "brand_id", "Brand", list(brands), brands)
        form.show_error("brand")
    with right:
        known = [each for each in parts.installed().platforms if is_admin or each != FILES or _was(form, FILES)]
        _choose(form, "platform", "Platform", known, {each: place_words(each) for each in known})
        form.show_error("platform")
        if not is_admin and not _was(form, FILES):
            st.caption("Files of the machine are added by admins.")
    platform = form.said("platform")
    if not platform:
        return
    facts = _facts(form)
    _show_keys(facts.keys)
    if row is not None and row.settings.get("base_url"):
        st.caption(f"Asked at {as_text(row.settings['base_url'])}, which only the configuration file can change.")
    _show_place(form, platform, facts, is_admin=is_admin)
    st.text_area(
        "Query",
        form.first["query"],
        key=form.key("query"),
        height=90,
        placeholder='@brand OR "brand name" with:delivery|parcel',
        help="Empty: all that stands there, where the source names a place; else the brand’s query.",
    )
    form.show_error("query")
    st.text_input(
        "How often it is read",
        interval_text(timedelta(seconds=form.first["every_seconds"])),
        key=form.key("every"),
        help="A number and s, m, h or d, from 1s to 31d.",
    )
    form.show_error("every")
    _show_options(form, platform, facts, is_admin=is_admin)
    _show_limits(form, platform)


def _was(form: Form, platform: str) -> bool:
    return bool(form.first["platform"] == platform)


def _choose(form: Form, of: str, label: str, known: Sequence[Any], words: Mapping[Any, str]) -> None:
    first = form.first[of]
    options = list(known) if first is None or first in known else [*known, first]
    st.selectbox(
        label,
        options,
        options.index(first) if first in options else None,
        format_func=lambda value: words.get(value, str(value)),
        key=form.key(of),
        placeholder="Choose one",
    )


def _facts(form: Form) -> parts.PlatformFacts:
    platform = form.said("platform")
    if platform not in parts.installed().platforms:
        return parts.PlatformFacts()
    return parts.installed().platform_facts(platform, form.said("name").strip())


def _show_keys(keys: Sequence[parts.Key]) -> None:
    """Say which variables hold the keys, and which of those that are needed nobody has set; never what they hold."""
    if not keys:
        st.caption("It needs no key.")
        return
    missing = [key for key in keys if key.is_needed and not key.is_set]
    if missing:
        st.warning(
            as_text(
                f"{_listed(key.name for key in missing)} {'is' if len(missing) == 1 else 'are'} not set, and without "
                "nothing can be read. Whoever runs Afterclick sets it in the environment; no key is ever typed in here."
            )
        )
    needed = _listed(key.name for key in keys if key.is_needed)
    optional = _listed(key.name for key in keys if not key.is_needed)
    said = [f"Needs {needed}." if needed else "", f"Uses {optional}, where set." if optional else ""]
    own = f"For this source alone: {keys[0].own_name}{' and so on' if len(keys) > 1 else ''}."
    st.caption(as_text(" ".join(filter(None, (*said, own)))))


def _listed(names: Any) -> str:
    *first, last = list(names) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _show_place(form: Form, platform: str, facts: parts.PlatformFacts, *, is_admin: bool) -> None:
    """Show what names the place that is read: a feed's address, a file, a subreddit."""
    if platform == FILES:
        st.text_input(
            "File or folder",
            form.first["path"] or "",
            key=form.key("path"),
            placeholder="/srv/reviews",
            help=_FILE_HELP,
            disabled=not is_admin,
        )
        form.show_error("path")
        st.text_area(
            "Columns, one a line: field = column",
            "\n".join(f"{field} = {column}" for field, column in (form.first["map"] or {}).items()),
            key=form.key("map"),
            height=90,
            placeholder="text = Body\nposted_at = Date",
        )
        form.show_error("map")
    elif platform in NAMES_ITS_PLACE:
        st.text_input(
            "Address of the feed",
            form.first["url"] or "",
            key=form.key("url"),
            placeholder="https://forum.example/feed.xml",
            help=_ADDRESS_HELP,
        )
        form.show_error("url")
    for option in facts.options:
        if option in PLACES:
            _show_option(form, option, is_admin=is_admin)


def _show_options(form: Form, platform: str, facts: parts.PlatformFacts, *, is_admin: bool) -> None:
    """Show the platform's own settings; one that it does not know is shown too, so that it can be taken out."""
    rest = [option for option in (*facts.options, *_unknown(form, facts)) if option not in PLACES]
    has_own_words = platform not in NAMES_ITS_PLACE
    names = [f"{OPTION}{option}" for option in rest] + ["native_query"]
    if not rest and not has_own_words:
        return
    with st.expander(
        f"More about {place_words(platform)}", expanded=not form.errors.keys().isdisjoint(names), key=form.key("more")
    ):
        if has_own_words:
            st.text_area(
                "Search in the platform’s own words",
                form.first["native_query"] or "",
                key=form.key("native_query"),
                height=68,
                help="In the query’s place, asked as it stands.",
            )
            form.show_error("native_query")
        columns = st.columns(2, gap="medium")
        for number, option in enumerate(rest):
            with columns[number % 2]:
                _show_option(form, option, is_admin=is_admin)
        st.caption("Empty: as docs/collectors.md tells for the platform. Switches are true or false.")


def _show_option(form: Form, option: str, *, is_admin: bool) -> None:
    name = f"{OPTION}{option}"
    is_closed = option in _OF_ADMINS and not is_admin
    st.text_input(
        option.replace("_", " ").capitalize(),
        _options(form).get(option, ""),
        key=form.key(name),
        disabled=is_closed,
        help="Only admins may change it: that server is sent the key." if is_closed else None,
    )
    form.show_error(name)


def _options(form: Form) -> dict[str, str]:
    """Return what the platform's options began with, with the subreddit, which has a key of its own in the file."""
    subreddit = form.first["subreddit"]
    return {**(form.first["options"] or {}), **({"subreddit": subreddit} if subreddit else {})}


def _unknown(form: Form, facts: parts.PlatformFacts) -> list[str]:
    same = form.said("platform") == form.first["platform"]
    return [option for option in _options(form) if option not in facts.options] if same else []


def _show_limits(form: Form, platform: str) -> None:
    """Show the budgets and the policy card."""
    policy = policy_of(platform)
    names = (*_NUMBERS, *_MAY)
    with st.expander(
        "Budgets, and what may be done with its posts",
        expanded=not form.errors.keys().isdisjoint(names),
        key=form.key("limits"),
    ):
        left, right = st.columns(2, gap="medium")
        with left:
            _number(form, "budget_posts_per_month", "Most new posts a month", None, "No limit")
            if platform in CHARGING or form.first["budget_usd_per_month"] is not None:
                _number(form, "budget_usd_per_month", "Most US dollars a month", 1.0, "No limit")
            hours = f"{policy.recheck_hours} h, by its policy" if policy.recheck_hours else "Never, by its policy"
            _number(form, "recheck_hours", "Hours until posts are looked up again", None, hours)
        with right:
            for name, label in _MAY.items():
                words = {
                    None: f"As its policy says: {'yes' if getattr(policy, name) else 'no'}",
                    True: "Yes",
                    False: "No",
                }
                _choose(form, name, label, list(words), words)
                form.show_error(name)


def _number(form: Form, of: str, label: str, step: float | None, empty: str) -> None:
    first = form.first[of]
    form.preset(of, first if first is None else float(first) if step else int(first))
    low: float | int = 0.0 if step else 0
    st.number_input(label, low, None, None, step or 1, key=form.key(of), placeholder=empty)
    form.show_error(of)


def source_said(form: Form, brands: Mapping[int, str], *, strict: bool = False) -> dict[str, Any]:
    """Return what the fields say as a table of the configuration file, without what is empty.

    Raises FormError, where it is `strict`, for what cannot be told in a file: no name, no platform, no column.
    """
    platform = form.said("platform") or ""
    errors: dict[str, str] = {}
    said: dict[str, Any] = {
        "name": _name(form.said("name"), errors),
        "brand": brands.get(form.said("brand_id"), ""),
        "platform": platform,
        "query": form.said("query"),
        "every": form.said("every") or interval_text(timedelta(seconds=form.first["every_seconds"])),
        **_place_said(form, platform, errors),
        **{name: form.said(name) for name in (*_NUMBERS, *_MAY)},
    }
    if platform not in NAMES_ITS_PLACE:
        said["native_query"] = form.said("native_query")
    if not said["brand"]:
        errors["brand"] = "Choose the brand that it is for."
    if not platform:
        errors["platform"] = "Choose where it reads."
    if errors and strict:
        raise FormError(errors)
    kept = {name: value for name, value in said.items() if name in ("name", "brand") or value not in (None, "", {})}
    return kept if form.said("enabled") else {**kept, "enabled": False}


def _name(text: str, errors: dict[str, str]) -> str:
    try:
        return clean_name(text)
    except InputError as error:
        errors["name"] = str(error)
        return text.strip()


def _place_said(form: Form, platform: str, errors: dict[str, str]) -> dict[str, Any]:
    """Return what the fields say of the place that is read, and the platform's own options."""
    facts = _facts(form)
    given = {option: form.said(f"{OPTION}{option}") for option in (*facts.options, *_unknown(form, facts))}
    first = _options(form) if form.first["platform"] == platform else {}
    options = {option: (first.get(option, "") if value is None else value).strip() for option, value in given.items()}
    said: dict[str, Any] = {}
    if "subreddit" in options and "subreddit" not in (form.first["options"] or {}):
        said["subreddit"] = options.pop("subreddit")
    said["options"] = {option: value for option, value in options.items() if value}
    if platform == FILES:
        said |= {"path": (form.said("path") or "").strip(), "map": _columns(form.said("map"), errors)}
    elif platform in NAMES_ITS_PLACE:
        said["url"] = (form.said("url") or "").strip()
    return said


def _columns(text: object, errors: dict[str, str]) -> dict[str, str]:
    """Return field = column of each line."""
    if not isinstance(text, str):
        return dict(text) if isinstance(text, Mapping) else {}
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        field, is_one, column = (part.strip() for part in line.partition("="))
        if not (field and is_one and column):
            errors["map"] = f"Write each line as field = column, such as text = Body, not {line!r}."
        found[field] = column
    return found
