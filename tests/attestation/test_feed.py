"""The personal calendar feed: shown once, hashed, revocable; scope as it is now; RFC 5545; nobody's name."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from attestation.admin.journal_lines import lines
from attestation.by import By
from attestation.deadlines import feeds
from attestation.deadlines.ledger import close_deadline
from attestation.law.calendar import day_close
from attestation.models import CalendarFeed, Deadline, JournalEntry, Role, TermChange, User
from attestation.refusals import Refused
from config.logs import MASK, JsonLines, MaskedFilter, mask_access_log, masked
from tests.attestation.admin_cast import (
    MONDAY,
    Region,
    at,
    client_of,
    make_region,
    member_of,
    text_of,
    url,
)
from tests.factories import EmployeeFactory, UserFactory, moment
from tests.siblings_cast import footprint

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at")]
Clock = Callable[[datetime], None]
CANARY = "Ъ5Ү"
KIND = Deadline.Kind


def made_once() -> Region:
    return make_region(CANARY)


@pytest.fixture
def region(shared: Region) -> Region:
    """A decided case and one under appeal; its texts carry the mark."""
    return shared


def address_of(user: User, now: datetime = MONDAY) -> str:
    """A fresh address, as the page shows it, below the site."""
    return f"/feed/{feeds.make_feed(user, now=now)}.ics"


def read(address: str, **headers: str) -> Any:
    """A calendar program: no cookie, no login."""
    return Client().get(address, headers=headers)


def events(answer: Any) -> dict[str, Any]:
    """The events by their summary."""
    calendar = Calendar.from_ical(answer.content)
    return {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}


def unfolded(body: bytes) -> list[str]:
    """RFC 5545 3.1, by its rules and not by the library: CRLF, 75 octets, a blank begins what goes on."""
    assert body.endswith(b"\r\n")
    physical = body[:-2].split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in physical)
    assert max(map(len, physical)) <= 75
    whole: list[bytes] = []
    for line in physical:
        line.decode()  # a letter of two octets is not cut in the middle
        if line.startswith((b" ", b"\t")):
            whole[-1] += line[1:]
        else:
            whole.append(line)
    return [line.decode() for line in whole]


def unescaped(value: str) -> str:
    """RFC 5545 3.3.11."""
    return re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], value)


# --- the address --------------------------------------------------------------------------------------------


def test_the_address_is_shown_once_and_only_its_hash_is_kept(region: Region) -> None:
    client = client_of(region.officer)
    page = url("attestation_deadline_feed")
    assert "You have no address yet." in text_of(client.get(page))
    made = text_of(client.post(page, {"make": "1"}))
    shown = re.search(r'value="([^"]*/feed/[^"]+\.ics)"', made)
    assert shown is not None
    address = shown[1]
    assert address.startswith(settings.BASE_URL)
    secret = urlsplit(address).path.removeprefix("/feed/").removesuffix(".ics")
    assert len(secret) == 43  # 256 bits
    row = CalendarFeed.objects.get()
    assert row.token_hash == feeds.hash_of(secret)
    assert row.user == region.officer
    again = text_of(client.get(page))
    assert secret not in again
    assert "never yet" in again
    for entry in JournalEntry.objects.all():
        assert secret not in str(entry.data) + entry.subject
    assert read(f"/feed/{secret}.ics").status_code == 200
    assert "never yet" not in text_of(client.get(page))
    assert CalendarFeed.objects.get().last_read_at == MONDAY


def test_a_new_address_ends_the_old_one_and_a_revoked_one_opens_nothing(region: Region) -> None:
    client, page = client_of(region.officer), url("attestation_deadline_feed")
    first, second = address_of(region.officer), address_of(region.officer)
    assert read(first).status_code == 404
    assert read(second).status_code == 200
    answer = client.post(page, {"revoke": "1"})
    assert answer.status_code == 302
    assert read(second).status_code == 404
    assert client.post(page, {"revoke": "1"}).status_code == 302  # twice is once
    acts = JournalEntry.objects.filter(subject__startswith="calendarfeed:").order_by("seq")
    assert list(acts.values_list("act", "actor")) == [
        ("make_feed", region.officer.pk),
        ("revoke_feed", region.officer.pk),
        ("make_feed", region.officer.pk),
        ("revoke_feed", region.officer.pk),
    ]
    assert [line.title for line in lines(acts)][-2:] == [
        "Calendar feed address taken back",
        "Calendar feed address made",
    ]


def test_the_database_itself_allows_one_live_address_a_user(region: Region) -> None:
    feeds.make_feed(region.officer, now=MONDAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarFeed.objects.create(user=region.officer, token_hash="0" * 64, made_at=MONDAY)


def test_looking_at_the_page_makes_nothing_and_a_post_needs_the_token_f_w1(region: Region) -> None:
    """F-W1: GET never acts; a POST from elsewhere is refused."""
    client, page = client_of(region.officer), url("attestation_deadline_feed")
    client.get(page, {"make": "1"})
    client.head(page)
    assert CalendarFeed.objects.count() == 0
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(region.officer)
    assert strict.post(page, {"make": "1"}).status_code == 403
    assert CalendarFeed.objects.count() == 0


def test_the_address_does_not_follow_the_host_of_the_request_f_w5(region: Region) -> None:
    """F-W5: the fixed address of the site stands in it, whatever the browser says."""
    client = client_of(region.officer)
    page = text_of(
        client.post(url("attestation_deadline_feed"), {"make": "1"}, headers={"host": "localhost"})
    )
    assert f'value="{settings.BASE_URL}/feed/' in page


def test_an_account_without_a_role_has_no_address() -> None:
    nobody = UserFactory(role="")
    with pytest.raises(Refused) as refused:
        feeds.make_feed(nobody, now=MONDAY)
    assert refused.value.code == "no_permission"
    with pytest.raises(Refused):
        feeds.make_feed(None, now=MONDAY)  # type: ignore[arg-type]  # the system has no calendar
    assert client_of(nobody).get(url("attestation_deadline_feed")).status_code == 302


# --- reading ------------------------------------------------------------------------------------------------


def test_a_wrong_address_is_answered_with_nothing(region: Region) -> None:
    right = address_of(region.officer)
    before = footprint()
    for wrong in (
        right.lower(),
        right.replace(".ics", "x.ics"),
        "/feed/x.ics",
        "/feed/%00.ics",
        "/feed/ы.ics",
    ):
        answer = read(wrong)
        assert (answer.status_code, answer.content) == (404, b""), wrong
        assert not answer.cookies
    assert read(right.removesuffix(".ics")).status_code == 404
    assert footprint() == before


def test_a_feed_is_got_and_nothing_else_and_leaves_no_cookie_f_w1(region: Region) -> None:
    """F-W1: other methods are refused; a session that the browser sends along is neither used nor renewed."""
    address = address_of(region.officer)
    for method in ("post", "put", "patch", "delete", "head", "options"):
        answer = getattr(Client(), method)(address)
        assert (answer.status_code, answer["Allow"]) == (405, "GET")
    logged_in = client_of(member_of(Role.ADMINISTRATOR, region))
    for answer in (read(address), logged_in.get(address)):
        assert answer.status_code == 200
        assert not answer.cookies
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer["Cache-Control"].startswith("private")
    # Another one's login changes nothing of what the address shows.
    assert logged_in.get(address).content == read(address).content


def test_the_same_calendar_has_the_same_etag(region: Region, at: Clock) -> None:
    address = address_of(region.officer)
    first = read(address)
    at(MONDAY + timedelta(hours=1))
    again = read(address, if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert CalendarFeed.objects.get(revoked_at=None).last_read_at == MONDAY + timedelta(hours=1)
    row = Deadline.objects.open().filter(attestation=region.case).first()
    assert row is not None
    close_deadline(row, Deadline.State.VOID, by=By(None, MONDAY), closed_by="test")
    changed = read(address, if_none_match=first["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_an_account_that_lost_its_role_centre_or_place_loses_what_it_read(region: Region) -> None:
    """Role, centre and account are asked afresh at each reading; so is the demonstration."""
    other = make_region("Ю9")
    officer = region.officer
    address = address_of(officer)
    assert any(region.case.case_no in name for name in events(read(address)))
    User.objects.filter(pk=officer.pk).update(center=other.center)
    moved = events(read(address))
    assert any(other.case.case_no in name for name in moved)
    assert not any(region.case.case_no in name for name in moved)
    User.objects.filter(pk=officer.pk).update(role=Role.MEMBER)
    assert set(kinds_of(read(address))) == {"Ruling on an appeal"}
    for taken in ({"role": ""}, {"is_active": False}, {"is_demo": True}):
        before = User.objects.filter(pk=officer.pk).values("role", "is_active", "is_demo").get()
        User.objects.filter(pk=officer.pk).update(**taken)
        assert read(address).status_code == 404, taken
        User.objects.filter(pk=officer.pk).update(**before)
    assert read(address).status_code == 200


def kinds_of(answer: Any) -> list[str]:
    """The kinds of the events, of those that stand."""
    return [
        name.partition(":")[0] for name, event in events(answer).items() if event["STATUS"] != "CANCELLED"
    ]


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.CHAIR, Role.MEMBER])
def test_the_commission_reads_the_terms_for_rulings(role: Role, region: Region) -> None:
    answer = read(address_of(member_of(role, region)))
    assert kinds_of(answer) == ["Ruling on an appeal"]
    deadline = Deadline.objects.get(kind="ruling")
    # Whoever votes on it reads no case: the review is blind.
    named = region.appealed.case_no if role == Role.SECRETARY else f"№ {deadline.pk}"
    assert next(iter(events(answer))) == f"Ruling on an appeal: {named}"
    assert (f"/attestation/{region.appealed.pk}/" in answer.content.decode()) is (role == Role.SECRETARY)


@pytest.mark.parametrize("role", [Role.HR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_the_office_reads_every_open_term_in_sight(role: Role, region: Region) -> None:
    other = make_region("Ю9")
    answer = read(address_of(member_of(role, region)))
    rows = Deadline.objects.open()
    if role == Role.HR:
        rows = rows.exclude(employee__center=other.career)
    standing = [name for name, event in events(answer).items() if event["STATUS"] == "CONFIRMED"]
    assert len(standing) == rows.count() > 2


# --- what an event says -------------------------------------------------------------------------------------


def the_event(user: User, row: Deadline) -> Any:
    """The event of one deadline."""
    answer = read(address_of(user))
    uid = feeds.Place(settings.BASE_URL).uid(row)
    return next(e for e in Calendar.from_ical(answer.content).walk("VEVENT") if str(e["UID"]) == uid)


def test_an_event_is_the_last_day_in_almaty_with_its_derivation(region: Region) -> None:
    row = Deadline.objects.get(attestation=region.case, kind=KIND.APPEAL)
    event = the_event(region.officer, row)
    assert event.decoded("DTSTART") == date(2026, 2, 9)
    assert event.decoded("DTEND") == date(2026, 2, 10)  # the end is not included: one day
    assert type(event.decoded("DTSTART")) is date
    assert event["DTSTART"].params == {"VALUE": "DATE"}
    assert str(event["SUMMARY"]) == f"Filing an appeal: {region.case.case_no}"
    assert str(event["DESCRIPTION"]).split("\n")[:3] == [
        "Published 05.02.2026 17:40; counted: 06.02.2026, 09.02.2026; due 09.02.2026 23:59:59.",
        "¶21",
        "Must act: employee.",
    ]
    assert str(event["URL"]) == (
        f"{settings.BASE_URL}{url('attestation_attestation_change', region.case.pk)}"
    )
    assert str(event["STATUS"]) == "CONFIRMED"
    assert str(event["TRANSP"]) == "TRANSPARENT"
    assert event["SEQUENCE"] == 0
    assert "VALARM" not in read(address_of(region.officer)).content.decode()


def test_a_moved_term_moves_in_the_program_under_the_same_uid(region: Region) -> None:
    row = Deadline.objects.get(attestation=region.case, kind=KIND.APPEAL)
    before = the_event(region.officer, row)
    moved_at = moment("2026-02-09 12:30")
    TermChange.objects.create(
        deadline=row,
        cause="outage",
        was_due_on=row.due_on,
        due_on=date(2026, 2, 11),
        state="applied",
        made_at=moved_at,
        reason=f"{CANARY} reason",
        decided_by=region.officer,
    )
    TermChange.objects.create(
        deadline=row,
        cause="stage",
        was_due_on=row.due_on,
        due_on=date(2026, 2, 10),
        state="proposed",
        made_at=moment("2026-02-09 13:00"),
    )
    Deadline.objects.filter(pk=row.pk).update(
        due_on=date(2026, 2, 11), closes_at=day_close(date(2026, 2, 11))
    )
    after = the_event(region.officer, row)
    assert after.decoded("DTSTART") == date(2026, 2, 11)
    assert after["UID"] == before["UID"]
    # What is only proposed moved nothing.
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after.decoded("LAST-MODIFIED") == moved_at > before.decoded("LAST-MODIFIED")
    assert "reason" not in str(after["DESCRIPTION"])


def test_a_closed_term_is_cancelled_for_thirty_days_and_then_gone(region: Region, at: Clock) -> None:
    row = Deadline.objects.get(attestation=region.case, kind=KIND.APPEAL)
    address = address_of(region.officer)
    close_deadline(row, Deadline.State.VOID, by=By(None, MONDAY), closed_by="test")
    uid = feeds.Place(settings.BASE_URL).uid(row)
    for days, wanted in ((0, ["CANCELLED"]), (29, ["CANCELLED"]), (30, [])):
        at(MONDAY + timedelta(days=days))
        found = Calendar.from_ical(read(address).content).walk("VEVENT")
        assert [str(event["STATUS"]) for event in found if str(event["UID"]) == uid] == wanted, days
        assert all(event["SEQUENCE"] == 1 for event in found if str(event["UID"]) == uid)


def test_a_provisional_term_says_so(region: Region) -> None:
    row = Deadline.objects.get(attestation=region.case, kind=KIND.APPEAL)
    Deadline.objects.filter(pk=row.pk).update(provisional=True)
    assert "Provisional: " in str(the_event(region.officer, row)["DESCRIPTION"])


def test_the_calendar_speaks_the_language_of_the_account(region: Region) -> None:
    row = Deadline.objects.get(attestation=region.case, kind=KIND.APPEAL)
    said = {}
    for language in ("kk", "ru", "en"):
        User.objects.filter(pk=region.officer.pk).update(language=language)
        said[language] = str(the_event(User.objects.get(pk=region.officer.pk), row)["SUMMARY"])
    assert len(set(said.values())) == 3
    assert said["ru"] == f"Подача апелляции: {region.case.case_no}"


def test_what_goes_out_keeps_the_rules_of_rfc_5545(region: Region) -> None:
    """Read a second time by the RFC's rules alone: folding in octets, Kazakh letters, required properties."""
    User.objects.filter(pk=region.officer.pk).update(language="kk")
    body = read(address_of(User.objects.get(pk=region.officer.pk))).content
    assert any(line.startswith(b" ") for line in body.split(b"\r\n"))  # something is folded
    whole = unfolded(body)
    assert (whole[0], whole[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    head = whole[: whole.index("BEGIN:VEVENT")]
    for wanted in ("VERSION:2.0", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"):
        assert wanted in head
    assert any(line.startswith("PRODID:") for line in head)
    assert any(line.startswith("X-WR-CALNAME:") for line in head)
    inside: list[dict[str, str]] = []
    for line in whole:
        assert re.match(r"[A-Z0-9-]+(;[A-Z0-9-]+=[^:;]+)*:", line), line
        if line == "BEGIN:VEVENT":
            inside.append({})
        elif inside and not line.startswith(("END:", "BEGIN:")):
            name, _colon, value = line.partition(":")
            assert name not in inside[-1], name
            inside[-1][name] = value
    assert len({event["UID"] for event in inside}) == len(inside) > 2
    library = {str(e["UID"]): e for e in Calendar.from_ical(body).walk("VEVENT")}
    assert set(library) == {event["UID"] for event in inside}
    for event in inside:
        assert re.fullmatch(r"\d{8}", event["DTSTART;VALUE=DATE"])
        assert re.fullmatch(r"\d{8}", event["DTEND;VALUE=DATE"])
        for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
            assert re.fullmatch(r"\d{8}T\d{6}Z", event[name])
        for name in ("SUMMARY", "DESCRIPTION"):
            assert unescaped(event[name]) == str(library[event["UID"]][name])
    assert any(letter in "".join(event["SUMMARY"] for event in inside) for letter in "әғқңөұүһі")


def test_no_name_no_iin_and_no_centre_goes_out_canary(region: Region) -> None:
    """The canary is in every name, unit, centre and argument of the region, and in no case number."""
    for case, number in ((region.case, "A-1"), (region.appealed, "A-2")):
        type(case).objects.filter(pk=case.pk).update(case_no=number)
    bare = EmployeeFactory(center=region.career, last_name=f"{CANARY}Қасымова")
    Deadline.objects.create(
        key="category:1",
        kind="category",
        employee=bare,
        counted_from=MONDAY,
        due_on=date(2026, 5, 1),
        closes_at=day_close(date(2026, 5, 1)),
        cite="¶7",
        opened_at=MONDAY,
    )
    for role in Role:
        User.objects.filter(role=role).update(first_name=CANARY)
        text = "\n".join(unfolded(read(address_of(member_of(role, region))).content))
        assert CANARY not in text
        for person in (bare, region.case.employee, region.appealed.employee):
            for part in (person.iin, person.last_name, person.first_name):
                assert part not in text
        assert not re.search(r"\d{12}", re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", text))


def test_twelve_digits_in_a_case_number_do_not_go_out(region: Region) -> None:
    iin = region.case.employee.iin
    type(region.case).objects.filter(pk=region.case.pk).update(case_no=f"№ {iin}")
    assert iin.encode() not in read(address_of(region.officer)).content


def test_more_terms_cost_no_more_queries_and_the_calendar_has_an_end(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of(region.officer)
    read(address)

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            read(address)
        return len(found)

    few = cost()
    person = region.case.employee
    Deadline.objects.bulk_create(
        Deadline(
            key=f"many:{number}",
            kind="category",
            employee=person,
            attestation=region.case,
            counted_from=MONDAY,
            due_on=date(2026, 3, 1) + timedelta(days=number),
            closes_at=day_close(date(2026, 3, 1) + timedelta(days=number)),
            opened_at=MONDAY,
        )
        for number in range(300)
    )
    assert cost() == few
    monkeypatch.setattr(feeds, "MOST_EVENTS", 50)
    found = Calendar.from_ical(read(address).content).walk("VEVENT")
    assert len(found) == 50
    nearest = sorted(
        Deadline.objects.open()
        .filter(employee__center=region.career)
        .order_by("closes_at")
        .values_list("due_on", flat=True)[:50]
    )
    assert sorted(event.decoded("DTSTART") for event in found) == nearest


# --- logs ---------------------------------------------------------------------------------------------------


def test_no_log_holds_the_address(region: Region, caplog: pytest.LogCaptureFixture) -> None:
    address = address_of(region.officer)
    feeds.revoke_feed(region.officer, now=MONDAY)
    with caplog.at_level(logging.INFO):
        assert read(address).status_code == 404
    secret = address.split("/")[-1].removesuffix(".ics")
    assert "calendar feed: an address that opens nothing was asked for" in caplog.text
    for record in caplog.records:
        if record.name.startswith("attestation"):
            assert secret not in record.getMessage()
        assert secret not in JsonLines().format(record)  # Django's own "Not Found: /feed/…" too
    assert masked(f'GET {address} HTTP/1.1" 200') == f'GET /feed/{MASK} HTTP/1.1" 200'


def test_the_web_servers_access_log_is_masked_in_its_own_format() -> None:
    class Atoms(dict[str, Any]):
        """As gunicorn's: what was not sent is a hyphen."""

        def __missing__(self, name: str) -> str:
            return "-"

    mask_access_log()
    mask_access_log()
    logger = logging.getLogger("gunicorn.access")
    assert len([one for one in logger.filters if isinstance(one, MaskedFilter)]) == 1
    atoms = Atoms(r="GET /feed/abcDEF_123.ics HTTP/1.1", s=200, U="/feed/abcDEF_123.ics")
    record = logging.LogRecord(
        "gunicorn.access", logging.INFO, "", 0, "%(r)s %(s)s %(U)s %({x}i)s", (atoms,), None
    )
    assert logger.filter(record)
    assert record.getMessage() == f"GET /feed/{MASK} HTTP/1.1 200 /feed/{MASK} -"
