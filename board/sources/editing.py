"""Sources and brands, to be added and changed by managers and admins: the list, and what is open beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from board import parts
from board.manage.layout import (
    Adding,
    Group,
    Row,
    close,
    detail,
    head,
    list_and_detail,
    open_row,
    opened,
    rest,
    show_toml,
)
from board.sources.brand_form import BRAND, show_brand
from board.sources.shown import place_words
from board.sources.source_form import SOURCE, show_source
from core.masking import excerpt
from storage.brands import all_brands, all_sources, described
from storage.rows import id_of
from storage.tables import Brand, Member, Source, SourceState

STYLE: Final = Path(__file__).with_name("editing.css")


def editing_panes(member: Member) -> None:
    """Show what is configured to a member who may change it."""
    st.html(STYLE)
    st.button("← How the sources are doing", key="sources_overview", on_click=close)
    head(
        "Sources and brands",
        "What is listened to: brands, and the places that are read for each.",
        [Adding("Add a source", SOURCE), Adding("Add a brand", BRAND)],
    )
    with parts.installed().database.read() as session:
        sources, brands = all_sources(session), all_brands(session)
        with list_and_detail(_groups(sources, brands)):
            chosen = opened(SOURCE, BRAND)
            if chosen is None:
                with rest():
                    st.text("Choose a source or a brand to change it. Nothing is deleted: what is off keeps its posts.")
                    entries = described(session)
                    show_toml("brands", entries["brands"])
                    show_toml("sources", entries["sources"])
            elif chosen.kind == BRAND:
                show_brand(session, chosen, brands)
            elif chosen.is_new and not brands:
                with detail("A new source"):
                    st.text("A source looks for a brand. Add the brand first.")
                    st.button("Add a brand", key="brand_first", on_click=open_row, args=(f"{BRAND}-new",))
            else:
                show_source(session, chosen, sources, brands, member)


def _groups(sources: Sequence[Source], brands: Sequence[Brand]) -> list[Group]:
    names = {id_of(brand): brand.name for brand in brands}
    return [
        Group("Sources", [_source_row(each, names) for each in sources], "There is no source yet.", "Sources"),
        Group("Brands", [_brand_row(each) for each in brands], "There is no brand yet: begin with one.", "Brands"),
    ]


def _source_row(source: Source, brands: Mapping[int, str]) -> Row:
    marks = []
    if not source.enabled:
        marks.append(("off", "plain"))
    elif source.state is SourceState.STOPPED:
        marks.append(("needs a person", "warm"))
    lines = (f"{place_words(source.platform)} · {brands.get(source.brand_id, '')}", excerpt(source.query, 100))
    return Row(f"{SOURCE}-{source.id}", source.name, lines, "", marks, is_off=not source.enabled)


def _brand_row(brand: Brand) -> Row:
    return Row(f"{BRAND}-{brand.id}", brand.name, (", ".join(f"@{handle}" for handle in brand.handles),))
