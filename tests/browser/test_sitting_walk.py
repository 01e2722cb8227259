"""A sitting in a real Chromium: three members vote on six items with keys alone, a fourth takes no part.

The chair and a member work in Kazakh, the others in Russian: from the plan to the printed minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext

from appeals.models import AgendaItem, Attendance, Recusal, Sitting, Vote
from appeals.services.filing import file_appeal
from appeals.services.recount import recount
from attestation.by import By
from attestation.models import Role
from tests.attestation.admin_cast import MONDAY, Region, at, make_region, url
from tests.browser.test_admin_walk import log_in
from tests.browser.widths import WIDE, fits
from tests.factories import moment
from tests.siblings_cast import seated

__all__ = ["at"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]
REASON = "Сұрақтың кілті қолданыстағы Қағидаларға сәйкес келмейді: екі жауап та дұрыс."
DISSENT = "Вопрос поставлен однозначно, ответ ключа верен."
PLACE = "Астана, Мәңгілік Ел 8, 214-бөлме"
LANGUAGE_OF = {"secretary": "ru", "chair": "kk", "member": "kk", "second": "ru", "recused": "ru"}
# On the first item the votes are equal, so that the chair's decides.
KEYS = {"chair": "122222", "member": "222222", "second": "322222"}
# From opening the sitting's page to the agenda after the last vote: the page, the names, six votes.
MOST_LOADS = 8


class Screen:
    """One person's browser; `loads` counts the pages, a form with its redirect as one."""

    def __init__(self, context: Any, tmp_path: Path, who: str) -> None:
        self.page, self.tmp_path, self.who = context.new_page(), tmp_path, who
        self.language, self.loads = LANGUAGE_OF[who], 0
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on(
            "console",
            lambda line: self.troubles.append(line.text) if "Content Security" in line.text else None,
        )
        self.page.on("response", self.count)

    def count(self, response: Any) -> None:
        whole = response.request.is_navigation_request() and response.frame == self.page.main_frame
        self.loads += whole and not 300 <= response.status < 400

    def text(self) -> str:
        """What the page says."""
        return re.sub(r"\s+", " ", self.page.inner_text("#main"))

    def words(self, text: str) -> str:
        """The text in the language of this screen."""
        with translation.override(self.language):
            return gettext(text)

    def shoot(self, name: str) -> None:
        """The page as it stands fits both widths."""
        fits(self.page, self.tmp_path / f"{name}-{self.who}-{self.language}.png")

    def press(self, words: str) -> None:
        """The button or link with these words."""
        self.page.locator(f"#main :is(a.btn, button):has-text('{self.words(words)}')").first.click()
        self.page.wait_for_load_state()

    def send(self) -> None:
        """The form on the page; a second press at once does no harm."""
        with self.page.expect_navigation():
            self.page.dblclick(":is(.submit button[type=submit], #consequences button[value=save])")

    def open(self, address: str) -> None:
        self.page.goto(address)


@pytest.fixture
def region() -> Region:
    """Two appellants: two questions of the one, four of the other."""
    made = make_region("Ақмола")
    file_appeal(
        made.case,
        filed_at=moment("2026-02-06 15:10"),
        items=[(number, "Ереженің 12-тармағы 2025 жылғы редакцияда басқаша.") for number in range(31, 35)],
        receipt_note="№ 8 хат",
        external_id="Ақмола-A2",
        by=By(None, MONDAY),
    )
    return made


@pytest.fixture
def people(chromium: Any, live_server: Any, tmp_path: Path) -> Iterator[dict[str, Screen]]:
    """The central commission, everybody logged in at once, each in a browser context of their own."""
    names = {
        "secretary": (Role.SECRETARY, "Әлиева", "Гүлнар"),
        "chair": (Role.CHAIR, "Оразалиев", "Қанат"),
        "member": (Role.MEMBER, "Нұрғалиева", "Сәуле"),
        "second": (Role.MEMBER, "Пак", "Елена"),
        "recused": (Role.MEMBER, "Ким", "Виктор"),
    }
    opened: dict[str, Screen] = {}
    with ExitStack() as stack:
        for who, (role, last, first) in names.items():
            user = seated(role, username=who, last_name=last, first_name=first)
            context = chromium.new_context(base_url=live_server.url, locale="kk-KZ", viewport=WIDE)
            stack.callback(context.close)
            opened[who] = Screen(context, tmp_path, who)
            log_in(opened[who].page, user, LANGUAGE_OF[who])
        yield opened
        assert not [screen.troubles for screen in opened.values() if screen.troubles]


@pytest.mark.daily(2)
def test_six_items_with_keys_from_the_plan_to_the_printed_minutes(
    people: dict[str, Screen], region: Region, tmp_path: Path
) -> None:
    secretary, chair, member, recused = (people[who] for who in ("secretary", "chair", "member", "recused"))
    names = [case.employee.full_name for case in (region.appealed, region.case)]
    sitting = planned(secretary)
    assert sitting.agenda.count() == 6
    takes_no_part(recused, sitting, names[0])
    opened(secretary, sitting)

    tie = first_line(sitting)
    voted_with_keys(people, sitting, names)
    cast = Vote.objects.filter(agenda_item=tie).values_list("membership__user__username", "choice")
    assert dict(cast) == {"chair": "uphold", "member": "reject", "second": "abstain"}
    assert Vote.objects.filter(agenda_item__sitting=sitting).count() == 18
    recused.open(line_url(tie))
    recused.shoot("recused")
    assert recused.page.locator(".ballot").count() == 0

    secretary.open(url("appeals_sitting_change", sitting.pk))
    for number in range(6):
        sealed(secretary, sitting, looked_at=number == 0)
        if number == 0:
            after_the_tie(chair, member, recused, tie, names)
    assert sitting.agenda.filter(outcome="").count() == 0

    region.appeal.refresh_from_db()
    assert region.appeal.state == "open"  # until the sitting is closed
    finished(chair, sitting)
    region.appeal.refresh_from_db()
    assert region.appeal.state == "resolved"
    counted = recount(sitting)
    assert (counted.items, counted.differences, counted.without_receipts) == (6, [], [])
    for screen in (chair, secretary):
        printed(screen, sitting, names, tmp_path)
    recused.open(minutes_url(sitting))
    assert DISSENT not in recused.text()


def line_url(line: AgendaItem) -> str:
    return url("appeals_agendaitem_change", line.pk)


def minutes_url(sitting: Sitting) -> str:
    return url("appeals_sitting_minutes", sitting.pk)


def first_line(sitting: Sitting) -> AgendaItem:
    """The first on the agenda: of the one from whom a member is recused."""
    line = sitting.agenda.order_by("position")[0]
    assert line.case.employee.full_name.startswith("Оспанова")
    return line


def planned(secretary: Screen) -> Sitting:
    """The secretary plans; everything that waits comes onto the agenda."""
    secretary.open(url("appeals_sitting_queue"))
    secretary.shoot("queue")
    secretary.press("Plan a sitting")
    secretary.page.fill("input[name=starts_at]", "2026-02-09T11:00")
    secretary.page.fill("input[name=place]", PLACE)
    secretary.shoot("plan")
    secretary.send()
    secretary.shoot("planned")
    return Sitting.objects.get()


def takes_no_part(recused: Screen, sitting: Sitting, name: str) -> None:
    """The names come before the questions; one member is recused from the matters of one person."""
    recused.open(line_url(first_line(sitting)))
    said = recused.page.inner_text("body")
    assert recused.words("Read the names of this agenda first: the questions come after them.") in said
    assert "17" not in recused.page.inner_text("#agenda")
    recused.shoot("names")
    recused.page.locator(f"#names li:has-text('{name}') a.btn").click()
    recused.page.fill("textarea[name=reason]", "Шәкіртім болған: бейтарап бола алмаймын.")
    recused.shoot("recuse")
    recused.send()
    assert Recusal.objects.filter(user__username="recused", automatic=False).count() == 2
    recused.press("I have read the names: show the questions")


def opened(secretary: Screen, sitting: Sitting) -> None:
    """Opened, and everybody marked as present."""
    secretary.open(url("appeals_sitting_change", sitting.pk))
    secretary.press("Open the sitting")
    secretary.send()
    secretary.press("Mark attendance")
    for box in secretary.page.locator("input[name=present]").all():
        box.check()
    secretary.shoot("attendance")
    secretary.send()
    assert Attendance.objects.filter(sitting=sitting, present=True).count() == 5


def voted_with_keys(people: dict[str, Screen], sitting: Sitting, names: list[str]) -> None:
    """Each member reads the names and votes on six items, item by item beside the others."""
    screens = [people[who] for who in KEYS]
    for screen in screens:
        screen.open("/admin/")
        screen.shoot("home")
        screen.loads = 0
        screen.open(url("appeals_sitting_change", sitting.pk))
        screen.shoot("names")
        screen.press("I have read the names: show the questions")
    for number in range(6):
        for screen in screens:
            if number == 1:
                screen.shoot("ballot")
            assert not [name for name in names if name in screen.text()]
            screen.page.keyboard.press(KEYS[screen.who][number])
            with screen.page.expect_navigation():
                screen.page.keyboard.press("Enter")
    for screen in screens:
        assert screen.page.url.endswith(f"/sitting/{sitting.pk}/change/#agenda")
        assert screen.loads <= MOST_LOADS
        screen.shoot("voted")


def sealed(secretary: Screen, sitting: Sitting, *, looked_at: bool) -> None:
    """From the agenda to the item, counted, its reason written, sealed, and the agenda again."""
    line = sitting.agenda.filter(outcome="").order_by("position")[0]
    secretary.page.click(f"#agenda a[href='{line_url(line)}']")
    secretary.press("Count the votes")
    if looked_at:
        secretary.shoot("counting")
    secretary.send()
    secretary.page.fill("textarea[name=reason]", REASON)
    if looked_at:
        secretary.shoot("sealing")
    secretary.send()
    assert secretary.page.url.endswith(f"/sitting/{sitting.pk}/change/#agenda")
    if looked_at:
        secretary.shoot("sealed-one")


def after_the_tie(chair: Screen, member: Screen, recused: Screen, tie: AgendaItem, names: list[str]) -> None:
    """The chair's vote decided; a dissent stands beside it, and the recused one sees no votes."""
    tie.refresh_from_db()
    assert (tie.outcome, tie.ruling, tie.minutes["why"]) == ("ruled", "uphold", "chair")
    chair.open(line_url(tie))
    chair.shoot("item-sealed")
    # Another question of the same person is still open.
    assert names[0] not in chair.text()
    assert chair.words("The votes were equal: the chair's own vote decided.") in chair.text()
    recused.open(line_url(tie))
    assert recused.page.locator(".tally").count() == 0
    member.open(line_url(tie))
    member.press("Record a dissent")
    member.page.fill("textarea[name=text]", DISSENT)
    member.send()
    assert DISSENT in member.text()
    assert tie.dissents.get().text == DISSENT


def finished(chair: Screen, sitting: Sitting) -> None:
    """The chair closes; nothing can be done any more."""
    chair.open(url("appeals_sitting_change", sitting.pk))
    chair.press("Close the sitting")
    chair.shoot("closing")
    chair.send()
    sitting.refresh_from_db()
    assert sitting.state == "closed"
    chair.shoot("sitting-closed")
    assert chair.page.locator("#main a[href*='/do/']").count() == 0


def printed(screen: Screen, sitting: Sitting, names: list[str], tmp_path: Path) -> None:
    """The minutes read as a protocol; on paper they begin at the left edge, with nothing of the screen."""
    screen.open(minutes_url(sitting))
    screen.shoot("minutes")
    said = screen.text()
    for words in ("recused members", "conflicts not checked", "votes and receipts"):
        assert screen.words(words) in said.lower()
    assert all(part in said for part in (*names, PLACE, REASON, DISSENT, "Ким"))
    assert all(vote.receipt in said for vote in Vote.objects.filter(agenda_item__sitting=sitting))
    # Who sat in the chair, and who kept the minutes, sign.
    signed = screen.page.locator(".signs span:last-child").all_inner_texts()
    assert [name.split()[-1] for name in signed] == ["Оразалиев", "Әлиева"]
    page = screen.page
    page.emulate_media(media="print")
    assert page.locator(".minutes").bounding_box()["x"] < 1
    for shown in page.locator("#nav-sidebar, #header-inner, .lang, .btn, .banners").all():
        assert not shown.is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.minutes .item')).breakInside") == "avoid"
    paper = page.pdf(path=str(tmp_path / f"minutes-{screen.language}.pdf"), prefer_css_page_size=True)
    page.emulate_media(media="null")
    # A4 in points.
    sizes = set(re.findall(rb"/MediaBox ?\[0 0 (\d+)\S* (\d+)", paper))
    assert sizes <= {(b"594", b"841"), (b"595", b"841"), (b"595", b"842")}
    assert sizes
