"""What a text names is found, in order, without overlap, and nothing else is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.configuration import CourierEntry
from core.entities import Entity, EntityKind, find
from core.masking import masked
from core.text import MAX_TEXT_LENGTH

POSTED_AT = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)  # a Wednesday
# Pieces that forms are made of, so that a random text comes near to many.
PIECES = (
    "order", "ref", "#", "#1", "1Z", "99", "today", "by", "Friday", "3rd", "the", "of", "May", "/", "-", ".", " ", "  ",
    "\n", "@ups", "UPS", "parcel", "hermes", "in", "within", "3", "days", "ago", "promised", "said", "would", "+44",
    "7911 123456", "RB123456785GB", "tracking", "kettle", "phone", "next", "day", "2026", "ſunday", "٣", "’", "İ", "\0",
)  # fmt: skip
texts = st.one_of(st.text(st.characters()), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))


def told(text: str) -> list[tuple[str, str, str]]:
    return [(entity.kind.value, entity.text, entity.value) for entity in find(text, POSTED_AT)]


def test_one_post_with_everything() -> None:
    text = (
        "@UPSHelp my kettle, order no 123-4567890-1234567, was due on Monday. Tracking 1Z5R89390357567127 says "
        "03/04/2026, nobody answers 020 7946 0958."
    )
    assert told(text) == [
        ("courier", "@UPSHelp", "UPS"),
        ("product", "kettle", "kettle"),
        ("order_reference", "123-4567890-1234567", "123-4567890-1234567"),
        ("promised_date", "Monday", "2026-11-23"),
        ("tracking_number", "1Z5R89390357567127", "1Z5R89390357567127"),
        ("promised_date", "03/04/2026", "2026-04-03"),
        ("phone", "020 7946 0958", "+442079460958"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Life has its ups and downs, and I did forty push ups.",
        "Two follow ups and three pick ups later I gave up.",
        "Such a lovely Hermes bag, and a silk scarf by Hermes!",
        "Hermes was the messenger of the gods.",
        "They blew it up with TNT. Great game on TNT tonight's card.",
        "PUSH UPS AND SIT UPS ALL WINTER LONG",
        "My APC UPS battery is flat.",
        "He likes to yodel in the shower.",
        "It may take a while, we march on, I sat in the sun.",
        "Open 24/7, Mon-Fri and Monday to Friday, 9 to 5.",
        "The 3rd parcel on the 3rd floor at the 3rd attempt.",
        "Black Friday was a mess, and so was every Monday.",
        "I gave it 1/5, no, 10/10, and 3/4 of it is gone by 2/3.",
        "Today's delivery world. Yesterday's news.",
        "Third call in 3 days and nothing.",
        "Returns are free within 30 days of purchase.",
        "I was on the phone, their phone number is dead, the help desk too.",
        "Flight #2390 and Room #10432.",
        "In case 2000 people ask: order 2024 was a good year, order 66 a film.",
        "Room 1234567, version 1.2.23, 192.168.10.12, costs £1,299.99 or 50000 yen.",
        "Order 5000 units, order 1000 pairs.",
        "12345678901234567890123456789012345678901234567890",
        "986578788855 is just a number, and so is 1234567890.",
        "RB123456784GB and 1Z5R89390357567128 have wrong check digits.",
        "mail me at help@dpd-ish.example or u/somebody",
        "The upside: trackers, evrisome, dpding.",
        "It was a case of 12 bottles, an account of 3 days of order and chaos.",
    ],
)
def test_nothing_is_found_where_nothing_is_meant(text: str) -> None:
    assert told(text) == []


@given(texts, st.datetimes(timezones=st.timezones()), st.sampled_from([None, True, False]))
def test_whatever_is_found_stands_in_the_text_in_order_and_apart(
    text: str, posted_at: datetime, day_first: bool | None
) -> None:
    found = find(text, posted_at, day_first=day_first)
    end = 0
    for entity in found:
        assert end <= entity.start < entity.end <= len(text)
        assert text[entity.start : entity.end] == entity.text
        assert entity.value
        assert (entity.days is None) == (entity.kind not in (EntityKind.DATE, EntityKind.PROMISED_DATE))
        end = entity.end
    assert find(text, posted_at, day_first=day_first) == found


@given(texts)
def test_numbers_that_name_a_person_or_order_leave_no_mail(text: str) -> None:
    clean = masked(text)
    for entity in find(clean, POSTED_AT):
        assert entity.kind not in (EntityKind.ORDER_REFERENCE, EntityKind.TRACKING_NUMBER, EntityKind.PHONE), clean


@pytest.mark.parametrize(
    "unit",
    [
        *("1", "1 ", "1-", "12 ", "0" * 34 + " ", "1Z", "1Z ", "A1", "#1", "3/", "+44 ", "(0) ", "order 1", "order:# "),
        *(
            "today ",
            "on the 3rd ",
            "in 3 days ",
            "3-5 to ",
            "was due Friday ",
            "said ",
            "promised would ",
            "between mon ",
        ),
        *("@ups", "ups ", "royal ", "@" + "dpd" * 13 + " ", "\n", " ", "é", "٣", "a"),
    ],
)
def test_a_hostile_text_ends(unit: str) -> None:
    text = (unit * (MAX_TEXT_LENGTH // len(unit) + 1))[:MAX_TEXT_LENGTH]
    assert len(find(text, POSTED_AT)) <= MAX_TEXT_LENGTH // 2  # a quadratic finder meets the timeout of the suite


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        find("tomorrow", POSTED_AT.replace(tzinfo=None))


def test_own_couriers_and_products_win_over_the_lists() -> None:
    couriers = [
        CourierEntry(name="Brown Vans", aliases=["UPS"]),
        CourierEntry(name="Pedal Post", aliases=["pp couriers"]),
    ]
    found = find(
        "UPS, @PedalPost and PP Couriers lost my Snugglers and 1Z5R89390357567127, the parcel",
        POSTED_AT,
        couriers,
        ["snuggler"],
    )
    assert [(entity.kind.value, entity.value, entity.qualifier) for entity in found] == [
        ("courier", "Brown Vans", ""),
        ("courier", "Pedal Post", ""),
        ("courier", "Pedal Post", ""),
        ("product", "snuggler", ""),
        ("tracking_number", "1Z5R89390357567127", "Brown Vans"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("UPS again", ["UPS"]),
        ("my ups driver threw it", ["UPS"]),
        ("shipped via Ups", ["UPS"]),
        ("hermes lost my parcel", ["Evri"]),
        ("#EvriFail @Evri_UK", ["Evri", "Evri"]),
        ("@DPD_UK #dpd dpd.", ["DPD", "DPD", "DPD"]),
        ("Royal-Mail, royalmail, ROYAL  MAIL", ["Royal Mail"] * 3),
        ("Fed Ex or FedEx's van", ["FedEx", "FedEx"]),
        ("TNT depot, GLS again, Yodel driver", ["TNT", "GLS", "Yodel"]),
        ("the us postal service", ["USPS"]),
        ("An Post van", ["An Post"]),
        ("an post office parcel", []),
    ],
)
def test_couriers_are_known_by_name_handle_and_hashtag(text: str, found: list[str]) -> None:
    assert [entity.value for entity in find(text, POSTED_AT) if entity.kind is EntityKind.COURIER] == found


@pytest.mark.parametrize(
    ("text", "number", "owner"),
    [
        ("1z 5r8 939 03 5756 7127", "1Z5R89390357567127", "UPS"),
        ("RB 123 456 785 GB", "RB123456785GB", "Royal Mail"),
        ("rb123456785us", "RB123456785US", "USPS"),
        ("TBA502887274000", "TBA502887274000", "Amazon Logistics"),
        ("9400 1112 0108 0805 4830 16", "9400111201080805483016", "USPS"),
        ("9205500000000000000000", "", ""),
        ("0307 1790 0005 2348 3741", "03071790000523483741", "USPS"),
        ("7196 9010 7560 0307 7385", "71969010756003077385", "USPS"),
        ("420221539101026837331000039521", "420221539101026837331000039521", "USPS"),
        ("9611020987654312345672", "9611020987654312345672", "FedEx"),
        ("JD0002254405060992", "JD0002254405060992", "Yodel"),
        ("JD014600006281230704", "JD014600006281230704", "DHL"),
        ("C11031500001879", "C11031500001879", "OnTrac"),
        ("C11031500001889", "", ""),
        ("LX17635036", "LX17635036", "LaserShip"),
        ("FedEx lost 986578788855", "986578788855", "FedEx"),
        ("FedEx lost 986578788854", "", ""),
        ("DHL: 3318810025", "3318810025", "DHL"),
        ("DPD 1550 1234 567 890", "15501234567890", "DPD"),
        ("Evri H01HYA0012345678", "H01HYA0012345678", "Evri"),
        ("my parcel 15501234567890 is gone", "15501234567890", ""),
        ("tracking number: 77AB55", "77AB55", ""),
        ("waybill no. 12345678", "12345678", ""),
    ],
)
def test_tracking_numbers_are_known_by_shape_check_digit_and_words(text: str, number: str, owner: str) -> None:
    found = [entity for entity in find(text, POSTED_AT) if entity.kind is EntityKind.TRACKING_NUMBER]
    assert [(entity.value, entity.qualifier) for entity in found] == ([(number, owner)] if number else [])


@pytest.mark.parametrize(
    ("text", "number", "role"),
    [
        ("order no 123-4567890-1234567", "123-4567890-1234567", "order"),
        ("123-4567890-1234567 is late", "123-4567890-1234567", "order"),
        ("order #10432", "10432", "order"),
        ("#10432", "10432", ""),
        ("ref: ab12345", "AB12345", "reference"),
        ("my case number is 558812.", "558812", "case"),
        ("booking ref ABC123", "ABC123", "booking"),
        ("Ticket ID T-4471/2", "T-4471/2", "ticket"),
        ("invoice 2026-0113", "2026-0113", "invoice"),
        ("parcel 4455667 vanished", "4455667", "parcel"),
        ("customer number (88123)", "88123", "account"),
        ("return code RX77", "RX77", ""),
        ("Order number 12-34567-89012", "12-34567-89012", "order"),
    ],
)
def test_references_say_what_the_words_around_call_them(text: str, number: str, role: str) -> None:
    found = [entity for entity in find(text, POSTED_AT) if entity.kind is EntityKind.ORDER_REFERENCE]
    wanted = [(number, role)] if number != "RX77" else []
    assert [(entity.value, entity.qualifier) for entity in found] == wanted


@pytest.mark.parametrize(
    ("text", "region", "value"),
    [
        ("call 07911 123456", "GB", "+447911123456"),
        ("call (020) 7946 0958 x3", "GB", "+442079460958"),
        ("call +1 415-555-2671", "GB", "+14155552671"),
        ("call 415-555-2671", "US", "+14155552671"),
        ("call 030 12345678", "DE", "+493012345678"),
    ],
)
def test_phone_numbers_are_read_as_of_a_region(text: str, region: str, value: str) -> None:
    (entity,) = find(text, POSTED_AT, region=region)
    assert (entity.kind, entity.value) == (EntityKind.PHONE, value)


def test_products_come_in_singular_and_plural() -> None:
    assert [value for _, _, value in told("Kettles, a washing-machine, two T-shirts, my phone and the shoes")] == [
        "kettle",
        "washing machine",
        "t-shirt",
        "phone",
        "shoe",
    ]


def test_an_entity_that_is_no_date_has_no_days() -> None:
    assert Entity(EntityKind.PRODUCT, 0, 3, "tv", "TV").days is None
