"""A sitting in a real Chromium: secretary, chair, a member and a recused one side by side, from the agenda to
the closing, a tie broken by the chair; Kazakh and Russian; nothing wider than a phone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext

from appeals.models import AgendaItem, Attendance, Recusal, Sitting, Vote
from appeals.services.filing import file_appeal
from attestation.by import By
from attestation.models import Role, User
from tests.attestation.admin_cast import MONDAY, Region, at, make_region, url
from tests.browser.test_admin_walk import log_in
from tests.browser.widths import LANGUAGES, WIDE, fits
from tests.factories import moment
from tests.siblings_cast import seated

__all__ = ["at"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]
REASON = "Сұрақтың кілті қолданыстағы Қағидаларға сәйкес келмейді: екі жауап та дұрыс."
DISSENT = "Вопрос поставлен однозначно, ответ ключа верен."


class Screen:
    """One person's browser."""

    def __init__(self, context: Any, tmp_path: Path, who: str) -> None:
        self.page, self.tmp_path, self.who = context.new_page(), tmp_path, who
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on(
            "console",
            lambda line: self.troubles.append(line.text) if "Content Security" in line.text else None,
        )

    def text(self) -> str:
        """What the page says."""
        return re.sub(r"\s+", " ", self.page.inner_text("#main"))

    def shoot(self, name: str) -> None:
        """The page as it stands fits both widths."""
        fits(self.page, self.tmp_path / f"{name}-{self.who}.png")

    def press(self, words: str) -> None:
        """The button or link with these words."""
        self.page.locator(f"#main :is(a.btn, button):has-text('{gettext(words)}')").first.click()
        self.page.wait_for_load_state()

    def send(self) -> None:
        """The form on the page."""
        self.page.click(".submit button[type=submit]")
        self.page.wait_for_load_state()

    def open(self, address: str) -> None:
        self.page.goto(address)


@pytest.fixture
def cast() -> dict[str, User]:
    """The central commission: a secretary and three who vote."""
    names = {
        "secretary": (Role.SECRETARY, "Әлиева", "Гүлнар"),
        "chair": (Role.CHAIR, "Оразалиев", "Қанат"),
        "member": (Role.MEMBER, "Нұрғалиева", "Сәуле"),
        "recused": (Role.MEMBER, "Ким", "Виктор"),
    }
    return {
        who: seated(role, username=who, last_name=last, first_name=first)
        for who, (role, last, first) in names.items()
    }


@pytest.fixture
def region() -> Region:
    """Two appellants: two questions of the one, one of the other."""
    made = make_region("Ақмола")
    file_appeal(
        made.case,
        filed_at=moment("2026-02-06 15:10"),
        items=[(31, "Ереженің 12-тармағы 2025 жылғы редакцияда басқаша.")],
        receipt_note="№ 8 хат",
        external_id="Ақмола-A2",
        by=By(None, MONDAY),
    )
    return made


@pytest.fixture
def screens(
    chromium: Any, live_server: Any, tmp_path: Path, cast: dict[str, User]
) -> Iterator[Callable[[str], dict[str, Screen]]]:
    """Everybody logged in at once, each in a browser context of their own."""
    with ExitStack() as stack:
        opened: dict[str, Screen] = {}

        def log_all_in(language: str) -> dict[str, Screen]:
            for who, user in cast.items():
                context = chromium.new_context(base_url=live_server.url, locale="kk-KZ", viewport=WIDE)
                stack.callback(context.close)
                opened[who] = Screen(context, tmp_path, who)
                log_in(opened[who].page, user, language)
            return opened

        yield log_all_in
        for screen in opened.values():
            assert not screen.troubles


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sitting_from_agenda_to_closing_with_a_tie_broken_by_the_chair(
    language: str, screens: Callable[[str], dict[str, Screen]], region: Region
) -> None:
    with translation.override(language):
        people = screens(language)
        secretary, chair = people["secretary"], people["chair"]
        member, recused = people["member"], people["recused"]
        sitting = planned(secretary)
        assert sitting.agenda.count() == 3
        recuse_and_read_names(people, sitting, region, language)
        opened(secretary, sitting)
        tie, other = tied_line(sitting, region), other_line(sitting, region)

        for screen, choice in ((chair, "uphold"), (member, "abstain")):
            cast_vote(screen, tie, choice)
        cast_vote(member, tie, "reject")
        assert dict(
            Vote.objects.filter(agenda_item=tie).values_list("membership__user__username", "choice")
        ) == {
            "chair": "uphold",
            "member": "reject",
        }
        chair.open(line_url(tie))
        chair.shoot(f"voted-{language}")
        assert member_name() not in chair.text()
        assert region.appealed.employee.full_name not in chair.text()
        recused.open(line_url(tie))
        recused.shoot(f"recused-{language}")
        assert recused.page.locator(".ballot").count() == 0

        closed(secretary, tie, language)
        tie.refresh_from_db()
        assert (tie.outcome, tie.ruling, tie.minutes["why"]) == ("ruled", "uphold", "chair")
        chair.open(line_url(tie))
        chair.shoot(f"sealed-{language}")
        # Another question of the same person is still to be voted on.
        assert region.appealed.employee.full_name not in chair.text()
        assert gettext("The votes were equal: the chair's own vote decided.") in chair.text()
        recused.open(line_url(tie))
        assert recused.page.locator(".tally").count() == 0
        dissented(member, tie)

        for line in sitting.agenda.exclude(pk=tie.pk):
            voters = (chair, member, recused) if line.pk == other.pk else (chair, member)
            for screen in voters:
                cast_vote(screen, line, "reject")
            closed(secretary, line, "")
        chair.open(line_url(tie))
        assert region.appealed.employee.full_name in chair.text()
        region.appeal.refresh_from_db()
        assert region.appeal.state == "open"  # until the sitting is closed
        finished(chair, sitting, language)
        recused.open(f"{url('appeals_sitting_changelist')}{sitting.pk}/minutes/")
        recused.shoot(f"minutes-{language}")
        assert DISSENT not in recused.text()
    region.appeal.refresh_from_db()
    assert region.appeal.state == "resolved"


def member_name() -> str:
    return str(User.objects.get(username="member"))


def line_url(line: AgendaItem) -> str:
    return url("appeals_agendaitem_change", line.pk)


def planned(secretary: Screen) -> Sitting:
    """The secretary plans; everything that waits comes onto the agenda."""
    secretary.open(url("appeals_sitting_queue"))
    secretary.shoot("queue-before")
    secretary.press("Plan a sitting")
    secretary.page.fill("input[name=starts_at]", "2026-02-09T11:00")
    secretary.page.fill("input[name=place]", "Астана, Мәңгілік Ел 8, 214-бөлме")
    secretary.shoot("plan")
    secretary.send()
    secretary.shoot("planned")
    return Sitting.objects.get()


def recuse_and_read_names(people: dict[str, Screen], sitting: Sitting, region: Region, language: str) -> None:
    """The names come before the questions; one member takes no part."""
    page = url("appeals_sitting_change", sitting.pk)
    line = sitting.agenda.first()
    assert line is not None
    for who in ("chair", "member", "recused"):
        screen = people[who]
        screen.open(line_url(line))
        assert gettext("Read the names of this agenda first: the questions come after them.") in (
            screen.page.inner_text("body")
        )
        assert "17" not in screen.page.inner_text("#agenda")
        screen.shoot(f"names-{language}")
        if who == "recused":
            name = region.appealed.employee.full_name
            screen.page.locator(f"#names li:has-text('{name}') a.btn").click()
            screen.page.fill("textarea[name=reason]", "Шәкіртім болған: бейтарап бола алмаймын.")
            screen.shoot(f"recuse-{language}")
            screen.send()
            assert Recusal.objects.filter(user__username="recused", automatic=False).count() == 2
        screen.press("I have read the names: show the questions")
        screen.open(page)
        screen.shoot(f"agenda-{language}")


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
    assert Attendance.objects.filter(sitting=sitting, present=True).count() == 4


def tied_line(sitting: Sitting, region: Region) -> AgendaItem:
    return sitting.agenda.get(item__appeal=region.appeal, item__question=17)


def other_line(sitting: Sitting, region: Region) -> AgendaItem:
    return sitting.agenda.get(item__appeal__attestation=region.case)


def cast_vote(screen: Screen, line: AgendaItem, choice: str) -> None:
    """One press on the ballot; a second one at once does no harm."""
    screen.open(line_url(line))
    screen.page.locator(f".ballot button[value={choice}]").dblclick()
    screen.page.wait_for_selector(f".ballot button[value={choice}][aria-pressed=true]")


def closed(secretary: Screen, line: AgendaItem, language: str) -> None:
    """The secretary counts, reads the outcome, writes the reason for it and seals."""
    secretary.open(line_url(line))
    if language:
        secretary.shoot(f"item-{language}")
    secretary.press("Count the votes")
    if language:
        secretary.shoot(f"counting-{language}")
    secretary.page.dblclick(".submit button[type=submit]")
    secretary.page.wait_for_url("**/agendaitem/*/change/")
    if language:
        secretary.shoot(f"counted-{language}")
    secretary.press("Write the reason and seal")
    secretary.page.fill("textarea[name=reason]", REASON)
    if language:
        secretary.shoot(f"sealing-{language}")
    secretary.page.dblclick(".submit button[type=submit]")
    secretary.page.wait_for_url("**/agendaitem/*/change/")


def dissented(member: Screen, line: AgendaItem) -> None:
    """The dissent stands beside the ruling."""
    member.open(line_url(line))
    member.press("Record a dissent")
    member.page.fill("textarea[name=text]", DISSENT)
    member.send()
    assert DISSENT in member.text()
    assert line.dissents.get().text == DISSENT


def finished(chair: Screen, sitting: Sitting, language: str) -> None:
    """The chair closes; nothing can be done any more."""
    chair.open(url("appeals_sitting_change", sitting.pk))
    chair.press("Close the sitting")
    chair.send()
    sitting.refresh_from_db()
    assert sitting.state == "closed"
    chair.shoot(f"sitting-closed-{language}")
    assert chair.page.locator("#main a[href*='/do/']").count() == 0
    chair.press("Minutes")
    chair.shoot(f"minutes-{language}")
    assert DISSENT in chair.text()
    chair.open(url("appeals_sitting_queue"))
    chair.shoot(f"queue-{language}")
