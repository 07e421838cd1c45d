"""Feeds of particular makers: Google Alerts and the comments of WordPress."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from collectors import Collector, SourceConfig, make
from collectors.entries import link_of
from core.errors import ConfigError
from core.types import PostKind
from tests.collectors.archive import all_posts
from tests.collectors.conftest import Script

Open = Callable[..., Collector]
ATOM = "application/atom+xml"
ARTICLE = "https://news.example/parcels?a=1&b=2"


@pytest.fixture
def feed(server: Script, open_source: Open) -> Callable[..., Collector]:
    def open_feed(**settings: Any) -> Collector:
        return open_source("feeds", server.url, **({"url": "http://feeds.example/f.xml"} | settings))

    return open_feed


def alert(link: str) -> str:
    return f"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"
      xmlns:idx="urn:atom-extension:indexing"><id>tag:google.com,2005:reader/user/1/state/com.google/alerts/2</id>
      <title>Google Alert - parcelo</title><link href="https://www.google.com/alerts/feeds/1/2" rel="self"></link>
      <updated>2026-11-20T10:00:00Z</updated><entry><id>tag:google.com,2013:googlealerts/feed:77</id>
      <title type="html">Why &lt;b&gt;Parcelo&lt;/b&gt; loses kettles &amp;amp; cups</title>
      <link href="{link}"></link><published>2026-11-20T09:00:00Z</published><updated>2026-11-20T09:00:00Z</updated>
      <content type="html">Customers of &lt;b&gt;Parcelo&lt;/b&gt; wait for weeks&amp;nbsp;...</content>
      <author><name></name></author></entry></feed>"""


def test_an_entry_of_google_alerts_leads_to_the_page_and_its_title_is_plain(server: Script, feed: Open) -> None:
    counted = f"https://www.google.com/url?rct=j&sa=t&url={quote(ARTICLE, safe='')}&ct=ga&cd=CAIyAA&usg=AOvVaw0"
    server.say(alert(counted.replace("&", "&amp;")), Content_Type=ATOM)
    (post,) = all_posts(list(feed().fetch("")))

    assert (post.url, post.title) == (ARTICLE, "Why Parcelo loses kettles & cups")
    assert (post.text, post.author) == ("Customers of Parcelo wait for weeks ...", "")
    assert post.platform_id == "tag:google.com,2013:googlealerts/feed:77"


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("https://www.google.com/url?q=https://a.example/x", "https://a.example/x"),
        ("https://www.google.co.uk/url?url=https://a.example/", "https://a.example/"),
        ("https://google.de/url?sa=t&url=http%3A%2F%2Fa.example", "http://a.example"),
        ("https://www.google.com/url?url=javascript:steal()", "https://www.google.com/url?url=javascript:steal()"),
        ("https://www.google.com/url?url=", "https://www.google.com/url?url="),
        ("https://www.google.com/other?url=https://a.example", "https://www.google.com/other?url=https://a.example"),
        ("https://www.google.com.evil.example/url?url=https://a.example", None),
        ("https://notgoogle.com/url?url=https://a.example", None),
        ("https://[broken/url?url=https://a.example", None),
        ("https://www.google.com/url?" + "a=b&" * 5000, None),
        ("javascript:steal()", ""),
        ("", ""),
    ],
)
def test_only_googles_own_counters_are_taken_off(link: str, leads_to: str | None) -> None:
    assert link_of({"link": link}) == (link if leads_to is None else leads_to)


def comments(*items: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/'
        'content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Comments for Kettle &amp; Co</title>'
        f"<link>https://blog.example</link><managingEditor>owner@blog.example</managingEditor>{''.join(items)}"
        "</channel></rss>"
    )


def comment(number: int, content: str, author: str = "<dc:creator><![CDATA[Dora K.]]></dc:creator>") -> str:
    return (
        "<item><title>Comment on Parcelo lost my kettle by Dora K.</title>"
        f"<link>https://blog.example/2026/11/lost/comment-page-2/#comment-{number}</link>{author}"
        "<pubDate>Fri, 20 Nov 2026 10:00:00 +0000</pubDate>"
        f'<guid isPermaLink="false">https://blog.example/?p=5#comment-{number}</guid>'
        f"<description><![CDATA[{content}]]></description><content:encoded><![CDATA[{content}]]></content:encoded></item>"
    )


def test_a_comment_of_wordpress_is_one_under_its_article(server: Script, feed: Open) -> None:
    server.say(comments(comment(12, "<p>Mine too, twice.</p>\n")), Content_Type="application/rss+xml")
    (post,) = all_posts(list(feed().fetch("")))

    assert (post.kind, post.text, post.author) == (PostKind.COMMENT, "Mine too, twice.", "Dora K.")
    assert post.platform_id == "https://blog.example/?p=5#comment-12"
    assert (post.parent_id, post.conversation_id) == ("https://blog.example/?p=5", "https://blog.example/?p=5")
    assert post.url == "https://blog.example/2026/11/lost/comment-page-2/#comment-12"


@pytest.mark.parametrize(
    "lead",
    [
        '<p>In reply to <a href="https://blog.example/2026/11/lost/#comment-11">Al &amp; Co</a>.</p>\n',
        '<p>Als Antwort auf <a rel="x" href="https://blog.example/2026/11/lost/comment-page-1/#comment-11">Al</a>.</p>',
        'In reply to <a href="https://blog.example/2026/11/lost/#comment-11">Al</a>.\n\n',
    ],
)
def test_an_answer_of_wordpress_names_what_it_answers_and_keeps_only_its_authors_words(
    server: Script, feed: Open, lead: str
) -> None:
    server.say(comments(comment(12, f"{lead}<p>Mine too, twice.</p>")), Content_Type="application/rss+xml")
    (post,) = all_posts(list(feed().fetch("")))

    assert post.text == "Mine too, twice."
    assert post.parent_id == "https://blog.example/?p=5#comment-11"
    assert post.conversation_id == "https://blog.example/?p=5"


def test_a_comment_without_an_author_is_not_taken_for_the_blogs_owner(server: Script, feed: Open) -> None:
    server.say(comments(comment(12, "Mine too.", author="")), Content_Type="application/rss+xml")
    (post,) = all_posts(list(feed().fetch("")))

    assert post.author == ""


def test_a_comment_without_an_id_stands_under_the_address_of_its_article(server: Script, feed: Open) -> None:
    bare = comment(12, "Mine too.").replace('<guid isPermaLink="false">https://blog.example/?p=5#comment-12</guid>', "")
    server.say(comments(bare), Content_Type="application/rss+xml")
    (post,) = all_posts(list(feed().fetch("")))

    assert post.platform_id == "https://blog.example/2026/11/lost/comment-page-2/#comment-12"
    assert post.conversation_id == "https://blog.example/2026/11/lost/"


def test_an_atom_comment_of_wordpress_says_itself_what_it_answers(server: Script, feed: Open) -> None:
    server.say(
        """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"><title>c</title>
        <entry><title>By: Dora</title><link rel="alternate" href="https://blog.example/lost/#comment-12"/>
        <author><name>Dora</name></author><id>https://blog.example/?p=5#comment-12</id>
        <updated>2026-11-20T10:00:00Z</updated><content type="html">&lt;p&gt;Mine too.&lt;/p&gt;</content>
        <thr:in-reply-to ref="https://blog.example/?p=5#comment-3" href="https://blog.example/lost/#comment-3"/>
        </entry></feed>""",
        Content_Type=ATOM,
    )
    (post,) = all_posts(list(feed().fetch("")))

    assert (post.author, post.parent_id) == ("Dora", "https://blog.example/?p=5#comment-3")
    assert post.conversation_id == "https://blog.example/?p=5"


def test_an_article_that_links_to_a_comment_is_no_answer(server: Script, feed: Open) -> None:
    lead = '<p>See <a href="https://blog.example/lost/#comment-11">Al</a>.</p><p>So.</p>'
    article = comment(12, lead).replace("#comment-12", "").replace("comment-page-2/", "")
    server.say(comments(article), Content_Type="application/rss+xml")
    (post,) = all_posts(list(feed().fetch("")))

    assert (post.kind, post.parent_id, post.text) == (PostKind.ARTICLE, "", "See Al.\nSo.")


def test_a_feed_refuses_a_query_in_a_language_that_it_has_not() -> None:
    with pytest.raises(ConfigError, match="no query language of its own"):
        make(SourceConfig("f", "feeds", url="https://a.example/f", native_query="parcelo"), {})
