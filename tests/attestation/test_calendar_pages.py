"""The calendar's pages: the picture of a year, transfers shown before they are saved, shorter deadlines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import translation

from attestation import clock
from attestation.cases.testing_stage import end_testing_stages
from attestation.models import (
    Attestation,
    CalendarDay,
    CalendarYear,
    Cycle,
    Deadline,
    JournalEntry,
    Role,
    TermChange,
    User,
)
from tests.attestation.admin_cast import client_of, url
from tests.binding import done
from tests.jobs.story import STAGE_OVER, Story, at
from tests.tables.test_sent_twice import twice

pytestmark = pytest.mark.django_db
NOW = at("2026-02-06 09:00")
MONDAY, TUESDAY, SATURDAY = date(2026, 2, 9), date(2026, 2, 10), date(2026, 2, 14)
DECREE = "Resolution No. 41 of 5 February 2026"


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def story() -> Story:
    """No year is confirmed, whatever a release ships as confirmed."""
    CalendarYear.objects.update(confirmed_at=None)
    return Story(confirmed=())


@pytest.fixture
def case(story: Story) -> Attestation:
    found = story.listed(story.employee())
    story.through((found, 90))
    return found


@pytest.fixture
def admin(story: Story) -> User:
    return story.account("admin", Role.ADMINISTRATOR, language="en")


@pytest.fixture
def client(admin: User) -> Iterator[Client]:
    with translation.override("en"):
        yield client_of(admin)


def page(client: Client, year: int = 2026) -> str:
    answer = client.get(url("attestation_calendaryear_change", year), headers={"accept-language": "en"})
    assert answer.status_code == 200
    return answer.content.decode()


def do(client: Client, slug: str, year: int = 2026, **data: str) -> object:
    path = url("attestation_calendaryear_act", year, slug)
    return done(client, path, data) if slug == "confirm" or data.get("step") else client.post(path, data)


TRANSFER = {"off_1": MONDAY.isoformat(), "working_1": SATURDAY.isoformat(), "source": DECREE}


# --- the picture --------------------------------------------------------------------------------------------


def test_the_year_is_a_picture_of_twelve_months_and_a_list(client: Client, case: Attestation) -> None:
    html = page(client)
    assert html.count('<table class="month">') == 12
    assert html.count('scope="col"') == 12 * 7
    # Orthodox Christmas: a sign, a title and words for those who do not see colours.
    cell = re.search(r'<td class="religious" title="([^"]+)"><span class="day">7</span>(.+?)</td>', html)
    assert cell is not None
    assert "◆" in cell[2]
    assert "religious day off, never moved" in cell[2]
    assert re.search(r'<td class="moved" title="[^"]+"><span class="day">9</span>', html)
    assert "◆?" in html  # Kurban Ait is estimated
    assert html.count("holidays 0.109") == CalendarDay.objects.filter(year=2026).count()
    assert '<dd class="num">247</dd>' in html


def test_f_r7_the_page_says_that_a_year_is_not_confirmed_and_how_many_terms_wait(
    client: Client, case: Attestation
) -> None:
    html = page(client)
    assert "The calendar of 2026 is not confirmed." in html
    assert re.search(r"provisional terms</dt><dd class=\"num\">2</dd>", html)
    do(client, "confirm")
    html = page(client)
    assert "is not confirmed" not in html
    assert re.search(r"confirmed by</dt><dd>admin", html)


def test_looking_changes_nothing(client: Client, story: Story) -> None:
    before = (JournalEntry.objects.count(), list(CalendarYear.objects.values()))
    for slug in ("confirm", "transfer", "remove", "next"):
        assert client.get(url("attestation_calendaryear_act", 2030, slug)).status_code == 200
    page(client, 2030)
    assert (JournalEntry.objects.count(), list(CalendarYear.objects.values())) == before


def test_the_next_year_is_filled_in_from_the_last_one(client: Client, story: Story) -> None:
    assert "/calendaryear/2026/do/next/" not in page(client)
    assert "/calendaryear/2030/do/next/" in page(client, 2030)
    do(client, "next", 2030)
    assert CalendarYear.objects.get(year=2031).days.count() > 10
    assert "The calendar of 2031 is not confirmed." in page(client, 2031)


def test_officers_read_the_calendar_and_change_nothing(story: Story) -> None:
    client = client_of(story.hr)
    answer = client.get(url("attestation_calendaryear_change", 2026))
    assert answer.status_code == 200
    assert "/do/" not in answer.content.decode()
    for slug in ("confirm", "transfer", "remove", "next"):
        assert do(client, slug).status_code == 403  # type: ignore[attr-defined]


def test_days_are_changed_on_the_page_of_their_year_alone(client: Client, story: Story) -> None:
    assert client.post(url("attestation_calendarday_add"), {"day": "2026-02-14"}).status_code == 403
    day = CalendarDay.objects.get(day="2026-01-07")
    assert client.post(url("attestation_calendarday_change", day.pk), {"source": "x"}).status_code == 403


# --- transfers ----------------------------------------------------------------------------------------------


def test_f_d14_a_transfer_shows_the_cases_that_move_before_it_is_saved(
    client: Client, case: Attestation
) -> None:
    answer = do(client, "transfer", **TRANSFER)
    html = answer.content.decode()  # type: ignore[attr-defined]
    assert "Nothing is saved yet. By saving, these terms move:" in html
    assert html.count(case.case_no) == 2
    assert html.count("longer, at once") == 2
    assert CalendarYear.objects.get(year=2026).version == 1
    assert not TermChange.objects.exists()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
    assert (hidden["off_1"], hidden["source"]) == (MONDAY.isoformat(), DECREE)

    saved = do(client, "transfer", **TRANSFER, step="save")
    (message,) = [str(line) for line in get_messages(saved.wsgi_request)]  # type: ignore[attr-defined]
    assert message == (
        "The calendar has a new version; the year waits to be confirmed again. 2 terms became longer."
    )
    assert Deadline.objects.get(kind="appeal").due_on == TUESDAY
    html = page(client)
    assert html.count(DECREE) == 2
    assert re.search(r'<td class="working" title="[^"]*09.02.2026[^"]*"><span class="day">14</span>', html)


def test_the_entries_can_be_changed_after_the_look(client: Client, case: Attestation) -> None:
    answer = do(client, "transfer", **TRANSFER, step="edit")
    assert f'value="{DECREE}"' in answer.content.decode()  # type: ignore[attr-defined]
    assert CalendarYear.objects.get(year=2026).version == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({**TRANSFER, "source": ""}, "This field is required."),
        ({**TRANSFER, "working_1": TUESDAY.isoformat()}, "10.02.2026 is a working day already."),
        ({**TRANSFER, "off_2": MONDAY.isoformat()}, "09.02.2026 is named twice."),
        ({**TRANSFER, "working_2": SATURDAY.isoformat()}, "Name the day off that this day works for."),
        ({"off_1": "2027-02-09", "source": DECREE}, "None of the days lies in the year 2026."),
    ],
)
@pytest.mark.parametrize("step", ["", "save"])
def test_a_transfer_that_makes_no_sense_is_refused_in_words(
    client: Client, case: Attestation, data: dict[str, str], sentence: str, step: str
) -> None:
    answer = do(client, "transfer", **data, step=step)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert sentence in answer.content.decode()  # type: ignore[attr-defined]
    assert CalendarYear.objects.get(year=2026).version == 1


def test_a_day_is_taken_out_with_the_act_that_says_so(client: Client, case: Attestation) -> None:
    day = CalendarDay.objects.get(day="2026-10-26")
    look = do(client, "remove", day=str(day.pk), source=DECREE)
    assert "No open term moves by it." in look.content.decode()  # type: ignore[attr-defined]
    do(client, "remove", day=str(day.pk), source=DECREE, step="save")
    assert not CalendarDay.objects.filter(day="2026-10-26").exists()
    entry = JournalEntry.objects.get(act="calendar_changed")
    assert (entry.data["source"], entry.data["days"]) == (
        DECREE,
        [{"day": "2026-10-26", "kind": "", "was": "off"}],
    )
    journal = client.get(url("attestation_calendaryear_history", 2026)).content.decode()
    assert "26.10.2026: as Monday to Friday have it" in journal


# --- shorter deadlines --------------------------------------------------------------------------------------


def shorter(client: Client, admin: User) -> TermChange:
    do(client, "transfer", off_1="2026-09-01", working_1="2026-02-07", source=DECREE, step="save")
    return TermChange.objects.get(state="proposed")


def test_f_c2_a_shorter_term_and_the_next_year_sent_twice(
    client: Client, case: Attestation, admin: User
) -> None:
    change = shorter(client, admin)
    accept = url("attestation_termchange_act", change.pk, "accept")
    assert twice(client, accept, {"reason": "as decreed"}) == ""
    last = CalendarYear.objects.latest("year").year
    assert twice(client, url("attestation_calendaryear_act", last, "next"), {}) == ""
    assert CalendarYear.objects.latest("year").year == last + 1


def test_f_d14_a_shorter_term_is_accepted_by_the_named_person_on_its_page(
    client: Client, case: Attestation, admin: User
) -> None:
    change = shorter(client, admin)
    home = client.get(url("attestation_termchange_changelist")).content.decode()
    assert "09.02.2026 → 07.02.2026" in home
    act = url("attestation_termchange_act", change.pk, "accept")
    asked = client.get(act).content.decode()
    assert case.case_no in asked
    assert case.employee.full_name in asked
    assert DECREE in asked
    assert client.post(act, {"reason": ""}).status_code == 422
    answer = done(client, act, {"reason": "as decreed"}, follow=True)
    assert "The term ends on 07.02.2026 now; the people concerned are told." in answer.content.decode()
    assert Deadline.objects.get(kind="appeal").due_on == date(2026, 2, 7)
    change.refresh_from_db()
    assert (change.state, change.decided_by) == ("applied", admin)


def test_f_d14_a_shorter_term_is_declined(client: Client, case: Attestation, admin: User) -> None:
    change = shorter(client, admin)
    act = url("attestation_termchange_act", change.pk, "decline")
    answer = client.post(act, {"reason": "they were told"}, follow=True)
    assert "The term ends on 09.02.2026 as before." in answer.content.decode()
    assert Deadline.objects.get(kind="appeal").due_on == MONDAY


def test_f_d14_hr_reads_what_moved_and_decides_nothing(
    story: Story, client: Client, case: Attestation, admin: User
) -> None:
    change = shorter(client, admin)
    hr = client_of(story.hr)
    shown = hr.get(url("attestation_termchange_change", change.pk))
    assert shown.status_code == 200
    assert "/do/accept/" not in shown.content.decode()
    answer = hr.post(url("attestation_termchange_act", change.pk, "accept"), {"reason": "x"})
    assert answer.status_code == 403


# --- the testing stage --------------------------------------------------------------------------------------


def test_a_stage_is_moved_after_a_look_at_the_cases_that_move(
    story: Story, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = story.listed(story.employee("career_specialist"), "category", "consultant")
    story.through((case, 90))
    end_testing_stages(now=STAGE_OVER)
    monkeypatch.setattr(clock, "now", lambda: at("2026-02-07 10:00"))
    hr = client_of(story.hr)
    act = url("attestation_cycle_act", story.cycle.pk, "stage")
    data = {"testing_starts": "2026-02-02", "testing_ends": "2026-02-11", "reason": "no power"}
    assert hr.get(act).status_code == 200
    look = hr.post(act, data)
    assert look.content.decode().count(case.case_no) == 1
    assert Cycle.objects.get().testing_ends == date(2026, 2, 6)
    unseen = hr.post(
        act, {**data, "testing_ends": "2026-02-12", "step": "save", "shown": look.context["digest"]}
    )
    assert unseen.context["changed"]
    assert Cycle.objects.get().testing_ends == date(2026, 2, 6)
    assert done(hr, act, data).status_code == 302
    assert Cycle.objects.get().testing_ends == date(2026, 2, 11)
    assert Deadline.objects.get(kind="scoring").due_on == date(2026, 2, 13)
    refused = hr.post(act, {**data, "testing_starts": "2026-02-03"})
    assert refused.status_code == 422
