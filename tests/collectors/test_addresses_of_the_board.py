"""A feed whose address was typed into the board is asked on public networks alone, whatever its name stands for."""

from contextlib import closing

import pytest

from collectors import make
from collectors.base import SourceConfig
from core.errors import NotPermittedError
from tests.collectors.conftest import Script

RSS = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><item><guid>1</guid><title>Late again</title>'
    b"<description>My parcel is late</description></item></channel></rss>"
)


@pytest.mark.parametrize("platform", ["feeds", "articles"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_address_of_the_board_reaches_no_server_inside_and_that_of_a_file_does(
    server: Script, platform: str, host: str
) -> None:
    server.say(RSS, Content_Type="application/xml")
    url = server.url.replace("127.0.0.1", host) + "/feed.xml"
    typed = make(SourceConfig("forum", platform, url=url, public_only=True), {})
    with closing(typed), pytest.raises(NotPermittedError, match="is no public address; it was not asked"):
        list(typed.fetch(""))
    assert server.requests == []
    with closing(make(SourceConfig("forum", platform, url=url), {})) as of_file:
        assert [post.text for page in of_file.fetch("") for post in page.posts] == ["My parcel is late"]
