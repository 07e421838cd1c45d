"""What a message about incidents says, as text and as HTML."""

import json
from dataclasses import replace
from typing import Any

import pytest

from alerts.incident import NAMED, wording
from alerts.telling import as_content, from_content
from tests.alerts import samples
from tests.alerts.samples import BOARD, incident, item, message, source, spike


def forms(content: dict[str, Any]) -> tuple[str, str]:
    words = wording(content)
    return words.text, " ".join(words.html.split())


def test_what_waits_in_the_outbox_is_what_was_told() -> None:
    content = message(incident(), spike(), source())
    assert as_content(from_content(json.loads(json.dumps(content)))) == content


def test_both_forms_of_a_severe_case_say_all_there_is_to_say() -> None:
    for form in forms(message()):
        for fact in (
            "New",
            "Parcelo",
            "Severe case: late delivery, DPD",
            "A complaint condemns you and blames the courier.",
            "Condemns",
            "Late",
            "Third week waiting",
            "a… on X",
            "Thu 26 Nov, 13:52 GMT",
            "3 posts",
            "seen by about 4,200",
            "named at fault: courier",
            "The model is 96% sure",
            "told again after 12 hours",
            "Severe cases",
        ):
            assert fact in form, fact
        for link in (f"{BOARD}/?case=17", "/alerts/acknowledge?", "/alerts/snooze?", "/alerts/stop?"):
            assert link in form, link


def test_the_subject_stays_the_same_through_an_incident() -> None:
    told = [
        message(incident(news=news, total=number, new=number, summary=f"{number} cases."))
        for number, news in enumerate(("opened", "grew", "repeated", "resolved"), 1)
    ]
    assert {wording(content).subject for content in told} == {"[Parcelo] Severe case: late delivery, DPD"}


def test_a_thread_is_one_incidents_and_a_message_about_several_has_none() -> None:
    assert wording(message(thread_id="<root@board.example>")).thread_id == "<root@board.example>"
    assert wording(message(incident(1), incident(2), thread_id="<root@board.example>")).thread_id == ""


def test_mails_can_be_sorted_by_what_they_tell_of() -> None:
    assert wording(message(incident(kind="broken_promise"))).list_name == "broken-promise"
    assert wording(message(incident(1), incident(2))).list_name == "alerts"


def test_an_incident_that_is_over_asks_for_nothing() -> None:
    for form in forms(message(source(news="resolved", summary="The source x-parcelo works again since 14:02."))):
        assert "Over" in form
        assert "works again" in form
        assert "cknowledge" not in form
        assert "Snooze" not in form
        assert "/alerts/stop?" in form


def test_of_many_things_a_mail_says_how_many_more_there_are() -> None:
    for form in forms(message(incident(items=tuple(item(number) for number in range(1, 6)), total=1205))):
        assert "And 1,200 more" in form


def test_a_chart_is_in_the_html_and_its_numbers_in_all_forms() -> None:
    words = wording(message(spike()))
    for image in words.images:
        assert f'src="cid:{image.cid}"' in words.html
    assert len(words.images) == 2
    alt = "In the last 3 hours 41 (9, 14, 18), where 9 are usual."
    assert words.html.count(alt) == 2
    assert "Mon 23 Nov, 15:00 to Thu 26 Nov, 15:00 GMT" in words.html
    assert "Thu 14:00     18  (2.8)" in words.text
    assert "Thu 12:00      9  (3.2)" in words.text


def test_a_chart_without_a_baseline_or_a_window_is_told_too() -> None:
    chart = replace(spike().chart, expected=(), window=0)  # type: ignore[type-var]
    words = wording(message(spike(chart=chart)))
    assert "In the last hour 18." in words.html
    assert "usual" not in words.html.split("Couriers")[1].split("blockquote")[0]


def test_what_waited_is_one_mail_that_says_so() -> None:
    words = wording(samples.several())
    assert words.subject == "[Parcelo] Spike: late delivery, and 2 more"
    for form in (words.text, " ".join(words.html.split())):
        assert "3 alerts" in form
        assert "One mail instead of 4" in form
        for title in ("Spike: late delivery", "Case due: refund or return", "Source trouble: x-parcelo"):
            assert title in form
        for news in ("More of it", "Still so", "Over"):
            assert news in form
        assert form.count("/alerts/stop?") == 3
        assert f"{BOARD}/alerts" in form


def test_several_brands_share_no_name_in_the_subject() -> None:
    assert (
        wording(message(incident(1), incident(2, brand="Vole"))).subject
        == "[Afterclick] Severe case: late delivery, DPD, and 1 more"
    )


@pytest.mark.parametrize("count", [11, NAMED, 400])
def test_a_storm_of_incidents_fits_into_what_mail_programs_show(count: int) -> None:
    words = wording(samples.many(count))
    assert len(words.html.encode()) < 100_000
    for form in (words.text, words.html):
        assert f"{count} alerts" in form
        assert f"Severe case: reason {min(count, NAMED)}" in form
        assert (f"And {count - NAMED} more." in form) is (count > NAMED)


def test_it_says_what_is_masked_and_what_is_not() -> None:
    for form in forms(message(incident())):
        assert "postcodes, and phone, account and order numbers are masked here" in form
        assert "names of people and streets in the text are not recognised" in form


def test_what_is_not_masked_is_not_called_so() -> None:
    for form in forms(message(incident(is_masked=False))):
        assert "masked" not in form
        assert "Links are left out" in form


def test_nothing_is_loaded_from_outside() -> None:
    html = wording(samples.several()).html
    assert html.count("src=") == html.count('src="cid:')
    assert "url(" not in html
    assert html.count("http") == html.count(f'href="{BOARD}/')
