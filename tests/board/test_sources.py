"""The Sources page and the query test in a real browser."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest
from sqlmodel import select

from storage.database import Database
from storage.members import member_by_email
from storage.rows import id_of
from storage.tables import CollectedWindow, FillState, PostRow, Source, SourceState, WindowState
from tests.board.conftest import Board, Visitors
from tests.board.seeding import DANA, OMAR
from tests.board.source_seeding import HOSTILE_ERROR, Gap, SourceSeed, only_brand, seed_sources
from tests.board.test_board import color, contrast, eventually

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, WebSocketRoute, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="needs the package playwright").expect

pytestmark = pytest.mark.browser
READY = "main .root header, .root header"
LONG = "a-source-whose-name-goes-on-and-on-and-on-without-any-blank-in-it-as-machines-make-them"


@pytest.fixture(scope="module")
def board(serve: Callable[[], Board]) -> Board:
    """A board with sources in every state."""
    started = serve()
    with started.database.write() as session:
        seed_sources(session, only_brand(session), started.now())
    return started


def sign_in(visitors: Visitors, board: Board, email: str, path: str = "/sources", **how: bool) -> "Page":
    page = visitors.page(visitors.context(**how))
    visitors.enter(page, board, email, path, READY)
    return page


def row(page: "Page", name: str) -> "Locator":
    return page.locator("article.source").filter(has=page.get_by_role("heading", name=name, exact=True))


def details(page: "Page", name: str) -> "Locator":
    row(page, name).get_by_role("button", name=f"Details of {name}").click()
    found = row(page, name).locator(".details")
    expect(found.get_by_text("Loading")).to_have_count(0)
    return found


def source_named(database: Database, name: str) -> Source:
    with database.read() as session:
        return session.exec(select(Source).where(Source.name == name)).one()


def gap_of(database: Database, name: str) -> CollectedWindow:
    source = source_named(database, name)
    with database.read() as session:
        query = select(CollectedWindow).where(CollectedWindow.source_id == source.id, CollectedWindow.is_gap)
        return session.exec(query.order_by(CollectedWindow.id)).all()[0]  # type: ignore[arg-type]


def add(board: Board, *sources: SourceSeed) -> list[int]:
    with board.database.write() as session:
        return seed_sources(session, only_brand(session), board.now(), sources)


def test_one_glance_tells_who_is_well_who_needs_a_person_and_what_is_missing(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, OMAR)
    expect(page.locator(".glance")).to_contain_text("1 needs a person, 1 is trying again, 1 sleeps until next month")
    expect(page.locator("article.source").first).to_contain_text("x-brindle-mentions")
    states = {
        "x-brindle-mentions": "Needs a person",
        "reddit-homeware": "Trying again",
        "bluesky-brindle": "Sleeping",
        "youtube-unboxings": "Waiting",
        "garden-blog-feed": "Well",
        "old-forum-export": "Off",
    }
    for name, words in states.items():
        expect(row(page, name).locator(".state b")).to_have_text(words)
    expect(row(page, "mastodon-brindle").locator(".state .sub")).to_have_text("reading now")
    expect(row(page, "x-brindle-mentions")).to_contain_text("X refused the token (401). Renew X_BEARER_TOKEN__X_")
    expect(row(page, "bluesky-brindle")).to_contain_text(re.compile(r"Sleeping until 1 \w+: the budget of 2,000 posts"))
    expect(row(page, "x-brindle")).to_contain_text("84% of this month’s budget of $50.00 is used.")
    expect(row(page, "x-brindle")).to_contain_text(
        re.compile(r"May have missed .*\d+:\d\d.*\d+:\d\d.*: X asked for a pause of 20 minutes\.")
    )
    expect(row(page, "x-brindle").locator(".chart span")).to_have_count(14)
    page.get_by_role("tab", name="Need a person").click()
    expect(page.locator("article.source")).to_have_count(1)
    page.get_by_role("tab", name="May have missed posts").click()
    expect(page.locator("article.source")).to_have_count(3)


def test_every_state_has_a_shape_of_its_own(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, OMAR)
    expect(page.locator("article.source")).not_to_have_count(0)
    looks = page.locator("article.source").evaluate_all(
        """rows => rows.map(row => {
             const style = getComputedStyle(row.querySelector(".shape"));
             const { borderRadius, clipPath, height, borderTopWidth, backgroundImage } = style;
             const look = [borderRadius, clipPath, height, borderTopWidth, backgroundImage];
             return [row.classList[1], look.join(" ").replace(/rgb[^)]*\\)|color[^)]*\\)/g, "")];
           })"""
    )
    assert len({state for state, _ in looks}) == len({look for _, look in looks}) == 6


def test_manager_fills_a_gap_after_a_word_on_the_price(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, DANA)
    fill = row(page, "x-brindle").get_by_role("button", name="Fill the gap")
    fill.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("X charges for every post that is read.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert gap_of(board.database, "x-brindle").fill_state is FillState.NOT_ASKED
    fill.click()
    dialog.get_by_role("button", name="Fill the gap").click()
    expect(row(page, "x-brindle")).to_contain_text("It is being filled. (Dana Fischer asked just now)")
    expect(fill).to_have_count(0)
    gap = gap_of(board.database, "x-brindle")
    with board.database.read() as session:
        dana = member_by_email(session, DANA)
        assert dana is not None
        assert (gap.fill_state, gap.fill_asked_by) == (FillState.WANTED, id_of(dana))


def test_manager_tries_a_stopped_source_again_and_a_colleague_sees_it(board: Board, visitors: Visitors) -> None:
    (source_id,) = add(board, SourceSeed("feeds-broken", "feeds", SourceState.STOPPED, error="The feed is gone (410)"))
    dana, omar = sign_in(visitors, board, DANA), sign_in(visitors, board, OMAR)
    expect(row(omar, "feeds-broken")).to_contain_text("Needs a person")
    expect(row(omar, "feeds-broken").get_by_role("button", name="Try again")).to_have_count(0)
    expect(omar.locator(".foot")).to_contain_text("A manager or an admin can fill gaps and try a stopped source again.")
    row(dana, "feeds-broken").get_by_role("button", name="Try again").click()
    expect(dana.get_by_text("feeds-broken is read as soon as a reader is free")).to_be_visible()
    for page in (dana, omar):
        expect(row(page, "feeds-broken").locator(".state b")).to_have_text("Waiting")
    with board.database.read() as session:
        assert session.get_one(Source, source_id).state is SourceState.WAITING


def test_details_show_the_query_the_policy_with_its_reason_and_what_was_left_out(
    board: Board, visitors: Visitors
) -> None:
    page = sign_in(visitors, board, OMAR)
    panel = details(page, "x-brindle")
    expect(panel.locator("pre.query")).to_contain_text('@brindlehome OR "brindle home" ~brindle')
    expect(panel).to_contain_text("2 posts left out as not about the brand in 7 days")
    expect(panel.locator(".left-out li").first).to_contain_text("Brindle is my favourite coat colour on a greyhound")
    expect(panel.locator(".left-out .why").first).to_have_text("none of delivery, parcel, order stands in it")
    reason = panel.get_by_text("developer agreement")
    expect(reason).to_be_hidden()
    panel.get_by_text("Corrections may not train the model").click()
    expect(reason).to_be_visible()
    page.wait_for_timeout(5500)  # a refresh leaves it open
    expect(reason).to_be_visible()
    row(page, "x-brindle").get_by_role("button", name="Details of x-brindle").click()
    expect(panel).to_have_count(0)


def test_manager_brings_back_a_post_that_is_about_the_brand(board: Board, visitors: Visitors) -> None:
    left_out = (("They lost my kettle", "no context"), ("A brindle cat", "no context"))
    add(board, SourceSeed("x-too-narrow", "x", left_out=left_out))
    omar, dana = sign_in(visitors, board, OMAR), sign_in(visitors, board, DANA)
    expect(details(omar, "x-too-narrow")).to_contain_text("tell a manager")
    expect(row(omar, "x-too-narrow").get_by_role("button", name="Bring it back")).to_have_count(0)
    panel = details(dana, "x-too-narrow")
    panel.get_by_role("listitem").filter(has_text="They lost my kettle").get_by_role("button").click()
    expect(dana.get_by_text("Brought back. It is read again")).to_be_visible()
    for page in (dana, omar):
        posts = row(page, "x-too-narrow").locator(".left-out")
        expect(posts).not_to_contain_text("They lost my kettle")
        expect(posts).to_contain_text("A brindle cat")
    with board.database.read() as session:
        post = session.exec(select(PostRow).where(PostRow.text == "They lost my kettle")).one()
    assert (post.left_out, post.classified_with) == ("", "")
    assert post.brought_back_at is not None


def test_refresh_takes_no_focus_and_moves_nothing_that_is_read(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, DANA)
    page.set_viewport_size({"width": 1440, "height": 600})
    read, above = "garden-blog-feed", "mastodon-brindle"
    button = row(page, read).get_by_role("button", name=f"Details of {read}")
    button.focus()
    button.evaluate("button => button.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(300)
    order = page.locator("article.source h3").all_inner_texts()
    before = button.bounding_box()
    with board.database.write() as session:
        source = session.get_one(Source, source_named(board.database, above).id)
        at = board.now() - timedelta(hours=3)
        for hours in (0, 1):
            start = at + timedelta(hours=hours)
            session.add(
                CollectedWindow(
                    source_id=id_of(source),
                    from_at=start,
                    until_at=start + timedelta(minutes=9),
                    state=WindowState.TRUNCATED,
                    is_gap=True,
                    detail="came while somebody read",
                )
            )
        source.state, source.last_error = SourceState.STOPPED, "The token was taken back"  # would sort it to the top
    expect(row(page, above)).to_contain_text("The token was taken back")
    expect(row(page, above).locator(".gap")).to_have_count(4)
    after = button.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2
    assert page.locator("article.source h3").all_inner_texts() == order
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.textContent") == "Details"
    page.get_by_role("tab", name=re.compile("^All")).click()
    expect(page.locator("article.source h3").first).to_have_text(above)


def test_new_source_appears_by_itself_at_the_end(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, OMAR)
    expect(row(page, "x-brindle")).to_be_visible()
    add(board, SourceSeed("just-added", "feeds", SourceState.STOPPED, error="No such feed"))
    expect(row(page, "just-added")).to_be_visible()
    expect(page.locator("article.source h3").last).to_have_text("just-added")


def test_hostile_error_is_text(board: Board, visitors: Visitors) -> None:
    asked: list[str] = []
    left_out = ((f"{HOSTILE_ERROR} left out", HOSTILE_ERROR),)
    gap = Gap(3, 1, HOSTILE_ERROR)
    add(
        board,
        SourceSeed(
            "hostile", "x", SourceState.STOPPED, HOSTILE_ERROR, error=HOSTILE_ERROR, gaps=(gap,), left_out=left_out
        ),
    )
    page = sign_in(visitors, board, DANA)
    page.on("request", lambda request: asked.append(request.url))
    found = row(page, "hostile")
    expect(found.locator(".note").first).to_contain_text(HOSTILE_ERROR)
    panel = details(page, "hostile")
    expect(panel.locator(".left-out .why")).to_have_text(HOSTILE_ERROR)
    found.get_by_role("button", name="Fill the gap").click()
    expect(page.get_by_role("dialog")).to_contain_text(HOSTILE_ERROR)
    page.get_by_role("button", name="Cancel").click()
    assert found.locator("img, script").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    assert page.title() != "owned"
    assert not [url for url in asked if not url.startswith((board.address, "blob:"))]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_both_themes(board: Board, visitors: Visitors, scheme: Literal["light", "dark"]) -> None:
    page = visitors.page(visitors.context())
    page.emulate_media(color_scheme=scheme)
    visitors.enter(page, board, OMAR, "/sources", READY)
    ground = color(page.locator("[data-testid=stApp]"), "backgroundColor")
    names = ("reddit-homeware", "bluesky-brindle", "garden-blog-feed", "old-forum-export")
    for name in names:
        for part in (".state b", ".state .sub", ".name .sub", ".month b"):
            assert contrast(color(row(page, name).locator(part), "color"), ground) >= 4.5, (name, part)
    note = row(page, "reddit-homeware").locator(".note").first
    for words in (note.locator("p"), note.locator(".advice")):
        assert contrast(color(words, "color"), color(note, "backgroundColor")) >= 4.5
    shape = row(page, "old-forum-export").locator(".shape")
    assert contrast(color(shape, "backgroundColor"), ground) >= 3


@pytest.mark.parametrize("width", [390, 700, 1000])
def test_narrow_window_shows_everything_without_scrolling_sideways(
    board: Board, visitors: Visitors, width: int
) -> None:
    if not source_exists(board, LONG):
        add(board, *(SourceSeed(f"{LONG}-{number}" if number else LONG, "x", query="@x " * 200) for number in range(3)))
    page = sign_in(visitors, board, DANA, phone=width == 390)
    page.set_viewport_size({"width": width, "height": 844})
    page.get_by_role("button", name="Menu" if width <= 820 else "Dana Fischer").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    panel = details(page, LONG)
    expect(panel).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    out = page.locator("article.source").evaluate_all(
        "(rows, width) => rows.flatMap(row => [...row.querySelectorAll('p, h3, button, pre')])"
        ".filter(tag => tag.getBoundingClientRect().right > width).map(tag => tag.textContent)",
        width,
    )
    assert out == []
    expect(row(page, "x-brindle-mentions").get_by_role("button", name="Try again")).to_be_visible()


def source_exists(board: Board, name: str) -> bool:
    with board.database.read() as session:
        return session.exec(select(Source).where(Source.name == name)).first() is not None


def test_query_is_tried_as_it_is_typed_and_errors_come_as_sentences(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, OMAR)
    page.get_by_role("link", name="Test a query").click()
    field = page.get_by_label("Query", exact=True)
    field.click()
    page.keyboard.type('"two weeks" with:parcel', delay=25)  # the newest posts are shown: none but these say it
    found, left_out = page.get_by_role("region", name="Found"), page.get_by_role("region", name="Left out")
    expect(found).to_contain_text("Where is my parcel, @brindlehome? Ordered two weeks ago.")
    expect(left_out).to_contain_text('"two weeks" does not stand in it')
    expect(page.locator(".platform").first).to_contain_text(re.compile(r"\d+ of 512 characters"))
    expect(field).to_be_focused()
    expect(field).to_have_value('"two weeks" with:parcel')
    expect(page.get_by_role("button", name="Ask X")).to_have_count(0)  # a responder may only look
    page.keyboard.type(' -"jobs', delay=25)
    expect(page.locator("p.error").first).to_contain_text("never closed")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(found).to_have_count(0)
    page.keyboard.type('"')
    expect(page.locator("p.error").first).to_have_text("")
    expect(found).to_be_visible()
    expect(field).to_be_focused()


def test_query_of_a_source_is_tried_on_its_own_posts(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, DANA)
    details(page, "mastodon-brindle").get_by_role("link", name="Test it").click()
    expect(page.get_by_label("Query", exact=True)).to_have_value(re.compile("^@brindlehome OR"))
    expect(page.get_by_label("Tried on").locator("option:checked")).to_have_text("Source mastodon-brindle")
    lead = page.locator(".lead")
    expect(lead).to_contain_text("of the newest 10 stored posts")
    page.get_by_label("Tried on").select_option(label="All posts about Brindle Home")
    expect(lead).not_to_contain_text("of the newest 10 stored posts")


def test_estimate_without_a_key_says_which_one_is_missing(board: Board, visitors: Visitors) -> None:
    page = sign_in(visitors, board, DANA, "/query")
    page.get_by_label("Query", exact=True).fill("@brindlehome")
    expect(page.get_by_text("Asking costs half a cent a search: $0.005.")).to_be_visible()
    page.get_by_role("button", name="Ask X").click()
    expect(page.get_by_text("X_BEARER_TOKEN not set")).to_be_visible()
    expect(page.get_by_role("button", name="Ask X again")).to_be_enabled()


def test_query_page_fits_a_phone(board: Board, visitors: Visitors) -> None:
    source = source_named(board.database, "x-brindle")
    page = sign_in(visitors, board, DANA, f"/query?source={source.id}", phone=True)
    expect(page.get_by_role("region", name="Found")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    field = page.get_by_label("Query", exact=True)
    assert field.evaluate("field => field.scrollHeight <= field.clientHeight + 1")  # all of the query can be read


def test_list_says_when_nothing_comes_any_more(board: Board, visitors: Visitors) -> None:
    page = visitors.page(visitors.context())
    page.clock.install()
    is_cut = False

    def connect(socket: "WebSocketRoute") -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: None if is_cut else socket.send(message))
        socket.on_message(lambda message: None if is_cut else server.send(message))

    page.route_web_socket(re.compile("_stcore/stream"), connect)
    visitors.enter(page, board, OMAR, "/sources", READY)
    expect(page.get_by_text("Live, updated")).to_be_visible()
    is_cut = True
    page.clock.run_for(20_000)
    expect(page.get_by_text("Not connected: this is as of")).to_be_visible()


def test_empty_page_tells_how_to_add_a_source(serve: Callable[[], Board], visitors: Visitors) -> None:
    empty = serve()
    page = sign_in(visitors, empty, OMAR)
    expect(page.get_by_role("heading", name="No source yet")).to_be_visible()
    expect(page.get_by_text("afterclick config apply afterclick.toml")).to_be_visible()
    add(empty, SourceSeed("first", "feeds"))
    expect(row(page, "first")).to_be_visible()
    eventually(lambda: page.get_by_role("heading", name="No source yet").count(), 0, page)


@pytest.mark.slow
def test_opening_more_than_the_server_reads_shuts_the_first_and_asks_for_nothing_more(
    serve: Callable[[], Board], visitors: Visitors
) -> None:
    many = serve()
    add(many, *(SourceSeed(f"feed-{number:02}", "feeds") for number in range(22)))
    page = visitors.page(visitors.context())
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    visitors.enter(page, many, OMAR, "/sources", READY)
    for number in range(22):
        row(page, f"feed-{number:02}").get_by_role("button", name="Details of").click()
    expect(page.locator(".details")).to_have_count(20)
    expect(row(page, "feed-01").locator(".details")).to_have_count(0)
    expect(page.get_by_text("Loading")).to_have_count(0)
    page.wait_for_timeout(3000)  # the last of what was said is heard
    before = len(sent)
    page.wait_for_timeout(8000)
    assert len(sent) - before <= 4


def test_keyboard_goes_through_tabs_by_arrows_and_keeps_its_place_when_a_button_goes(
    board: Board, visitors: Visitors
) -> None:
    add(board, SourceSeed("by-keyboard", "mastodon", gaps=(Gap(5, 1, "the list ended"),)))
    page = sign_in(visitors, board, DANA)
    page.get_by_role("tab", name=re.compile("^All")).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    gaps = page.get_by_role("tab", name=re.compile("^May have missed posts"))
    expect(gaps).to_be_focused()
    expect(gaps).to_have_attribute("aria-selected", "true")
    fill = row(page, "by-keyboard").get_by_role("button", name=re.compile("^Fill the gap .* of by-keyboard$"))
    fill.focus()
    page.keyboard.press("Enter")
    expect(fill).to_have_count(0)
    expect(row(page, "by-keyboard").get_by_role("button", name="Details of by-keyboard")).to_be_focused()
