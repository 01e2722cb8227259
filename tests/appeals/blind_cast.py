"""Two appellants and one held row 2 before two commissions, and a walk over all pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import unquote, urlsplit

from django.contrib import admin
from django.db.models import Model
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from appeals.models import Appeal, Sitting
from attestation.admin.actions import actions_on
from attestation.by import By
from attestation.deadlines.feeds import make_feed
from attestation.deadlines.outages import record_outage
from attestation.models import Attestation, Center, Notice, Outage, User
from attestation.notices.letters import texts
from tests.appeals.sitting_cast import WHY, Board, board, filed, opened
from tests.attestation.admin_cast import EXPORTED_LISTS, SCREEN_LISTS, client_of, url
from tests.factories import CareerCenterFactory, CenterFactory, EmployeeFactory, moment
from tests.siblings_cast import decided
from tests.tables.page_cast import name_of

NOW = moment("2026-02-12 10:30")
PLAIN = (
    "index",
    "rehearsal",
    "health",
    "attestation_deadline_board",
    "attestation_deadline_feed",
    "attestation_deadline_plot",
    "attestation_notice_mine",
    "appeals_sitting_queue",
)


@dataclass
class Secret:
    """A person whose case waits for a ruling, with all that tells who it is."""

    case: Attestation

    @property
    def marks(self) -> list[str]:
        """Name, IIN, e-mail and case number."""
        person = self.case.employee
        return [person.last_name, person.iin, person.email, self.case.case_no]


@dataclass
class Hall:
    """A region with its commission, the central one, three people whose items are open, a sitting."""

    center: Center
    career: Center
    regional: Board
    central: Board
    secrets: list[Secret] = field(default_factory=list)
    appeals: list[Appeal] = field(default_factory=list)

    @property
    def marks(self) -> list[str]:
        """All that tells who one of the secrets is."""
        return [mark for secret in self.secrets for mark in secret.marks]

    @property
    def voters(self) -> list[User]:
        return [*self.regional.voters, *self.central.voters]


def make_hall() -> Hall:
    """The first one's questions are voted on, the second's are on no agenda, the third's row 2 is held."""
    center = CenterFactory(name_kk="Торғайлы ЕМО", name_ru="Торгайлинский ЦТМ")
    career = CareerCenterFactory(name_kk="Торғайлы МО", name_ru="Торгайлинский КЦ", parent=center)
    hall = Hall(center, career, board(2, center), board(2))
    for number, scores in enumerate(((), (), ("4",))):
        person = EmployeeFactory(
            center=career if number else center,
            last_name=f"Канарейкина{'абв'[number]}",
            email=f"secret{number}@example.test",
            position="career_specialist",
        )
        case = decided(90, *scores, employee=person, case_no=f"SECRET-{number}")
        hall.secrets.append(Secret(case))
        if number < 2:
            hall.appeals.append(filed(case, *((12, 47), (31,))[number]))
        if number == 0:
            opened(hall.regional)
    record_outage(
        began_at=moment("2026-02-06 09:00"),
        ended_at=moment("2026-02-06 11:00"),
        reason="жарық сөнді",
        by=By(None, moment("2026-02-06 12:00")),
    )
    return hall


def enter(user: User, hall: Hall, language: str) -> Client:
    """Logged in, in the language, with the names of the open sitting read."""
    user.language = language
    user.save(update_fields=["language"])
    client = client_of(user)
    for sitting in Sitting.objects.filter(state=Sitting.State.OPEN):
        page = client.get(url("appeals_sitting_change", sitting.pk))
        if page.status_code == 200 and page.context["ask_names"]:
            client.post(url("appeals_sitting_names", sitting.pk), {"seen": page.context["names_key"]})
    return client


def rows_of(model: type[Model], most: int) -> list[int]:
    """The keys of the latest rows: those of the secrets among them."""
    return list(model._default_manager.order_by("-pk").values_list("pk", flat=True)[:most])


def addresses(client: Client, hall: Hall, *, rows: int) -> Iterator[tuple[str, str]]:
    """What a curious reader asks for: every list, and so many rows of every table with acts and journals; of
    more than one row also each search, order and filter."""
    every = rows > 1
    for model, page in admin.site._registry.items():
        name = name_of(model)
        listing = url(f"{name}_changelist")
        yield "GET", listing
        yield "GET", url(f"{name}_add")
        for key in rows_of(model, rows):
            for kind in ("change", "history", "delete"):
                yield "GET", url(f"{name}_{kind}", key)
            for act in actions_on(model) if hasattr(page, "action_view") else ():
                # Where the people of an agenda are shown, for a recusal and before the questions.
                if act.slug == "recuse" and name == "appeals_sitting":
                    continue
                yield "GET", url(f"{name}_act", key, act.slug)
                yield "POST", url(f"{name}_act", key, act.slug)
        for column in page.autocomplete_fields:
            choices = (
                f"?app_label={model._meta.app_label}&model_name={model._meta.model_name}&field_name={column}"
            )
            yield "POST", url("autocomplete") + choices
            for mark in hall.marks if every else ():
                yield "POST", f"{url('autocomplete')}{choices}&term={mark}"
        if every:
            yield from narrowed(client, listing, hall.marks)
    for name in PLAIN:
        yield "GET", url(name)
    for appeal in hall.appeals:
        yield "GET", url("appeals_appeal_paper", appeal.pk, 1)
    for sitting in Sitting.objects.all():
        yield "GET", url("appeals_sitting_minutes", sitting.pk)
    for outage in Outage.objects.all():
        yield "GET", url("attestation_outage_terms", outage.pk)
    for name in (*EXPORTED_LISTS.values(), *SCREEN_LISTS):
        yield "POST", url(f"{name}_export", "csv")
    for mark in hall.marks:
        yield "POST", f"{url('search')}?q={mark}"


def narrowed(client: Client, listing: str, marks: list[str]) -> Iterator[tuple[str, str]]:
    """A list with every search, order and filter that it offers."""
    answer = client.get(listing)
    changelist = (answer.context or {}).get("cl") if answer.status_code == 200 else None
    if changelist is None:
        return
    for mark in marks:
        yield "GET", f"{listing}?q={mark}"
    for column in range(1, len(changelist.list_display) + 1):
        yield "GET", f"{listing}?o={column}"
        yield "GET", f"{listing}?o=-{column}"
    for spec in changelist.filter_specs:
        for choice in spec.choices(changelist):
            if "query_string" in choice:
                yield "GET", listing + choice["query_string"]
        for lookup, _label in getattr(spec, "lookup_choices", ()):
            yield "GET", f"{listing}?{getattr(spec, 'parameter_name', None) or spec.lookup_kwarg}={lookup}"


def said_to(user: User, hall: Hall, language: str, *, rows: int) -> Iterator[tuple[str, str]]:
    """Address and text of everything that the back office tells the reader.

    Whoever is sent to the home page is told why on the next page that is drawn; the home page is the last.
    """
    client = enter(user, hall, language)
    for method, address in addresses(client, hall, rows=rows):
        form = None if method == "GET" else QueryDict(urlsplit(address).query).dict()
        answer = client.get(address) if form is None else client.post(address, form)
        if answer.status_code == 302 and answer.url != url("index"):
            answer = client.get(answer.url, follow=True)
        yield address, unescape(b"".join(answer).decode(errors="replace"))
    yield "the home page in the end", unescape(client.get(url("index")).content.decode())
    secret = make_feed(user, now=NOW)
    yield "feed", client.get(reverse("feed", args=(secret,))).content.decode().replace("\r\n ", "")
    for notice in Notice.objects.filter(user=user):
        yield f"letter {notice.kind}", "\n".join(texts(notice, language))


def leaks(hall: Hall, address: str, text: str) -> list[str]:
    """What of the secrets the text tells: a mark anywhere, the centre beside an item."""
    found = [
        mark
        for mark in hall.marks
        # What the reader asked for is in the box it was typed into.
        if mark in text and mark not in unquote(address)
    ]
    if WHY in text or "/agendaitem/" in text or "/appealitem/" in text:
        names = (hall.center.name_kk, hall.center.name_ru, hall.career.name_kk, hall.career.name_ru)
        found += [name for name in names if name in text]
    return [f"{address}: {mark}" for mark in found]
