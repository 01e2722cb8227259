"""What comes next in a cycle: a sentence, and the one thing to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation.admin.actions import Button
from attestation.admin.cycle_actions import no_result_words, unpublished, without_courses
from attestation.admin.import_templates import may_bring_in
from attestation.intake.spec import KINDS
from attestation.models import Attestation, Cycle, Deadline, Status, User

ENDED = frozenset({Status.FINAL, Status.CLOSED})


@dataclass(frozen=True)
class Next:
    """The sentence and its button; without one there is nothing to press, or it is not this person's.

    `slug`: the act on the cycle that it is, which then has no other button.
    """

    sentence: str
    label: str = ""
    url: str = ""
    slug: str = ""
    warns: bool = False


def next_step(
    cycle: Cycle, cases: QuerySet[Attestation], buttons: Sequence[Button], user: User, today: date
) -> Next:
    """By the order of the act: list, courses, admission, results, publishing, decisions."""
    count = Counter(cases.values_list("status", flat=True))
    if cycle.testing_has_begun(today):
        return _after(cycle, cases, count, buttons, user, today)
    if not count:
        last = formats.date_format(cycle.testing_starts - timedelta(days=1), "DATE_FORMAT")
        sentence = _("Nobody is on the list yet. It can be formed through %(day)s.") % {"day": last}
        return _act("list", sentence, buttons)
    if missing := without_courses(cycle).filter(pk__in=cases).count():
        sentence = ngettext(
            "Course hours of %(count)s person are not on record yet.",
            "Course hours of %(count)s people are not on record yet.",
            missing,
        )
        return _file("courses", sentence % {"count": missing}, cycle, user)
    if count[Status.LISTED]:
        sentence = ngettext(
            "%(count)s person waits for the decision on admission.",
            "%(count)s people wait for the decision on admission.",
            count[Status.LISTED],
        )
        return _act("admit", sentence % {"count": count[Status.LISTED]}, buttons)
    begins = formats.date_format(cycle.testing_starts, "DATE_FORMAT")
    return Next(_("Admission is decided for everybody. Testing begins on %(day)s.") % {"day": begins})


def _after(
    cycle: Cycle,
    cases: QuerySet[Attestation],
    count: Counter[str],
    buttons: Sequence[Button],
    user: User,
    today: date,
) -> Next:
    if not count:
        sentence = _("The testing stage has begun and nobody is on the list: it can't be formed any more.")
        return _act("stage", sentence, buttons, warns=True)
    if ready := unpublished(cycle).filter(attestation__in=cases).count():
        sentence = ngettext(
            "%(count)s result is on record and not published.",
            "%(count)s results are on record and not published.",
            ready,
        )
        return _act("publish", sentence % {"count": ready}, buttons)
    if open_results := count[Status.ADMITTED]:
        over = today > cycle.testing_ends
        return _file("results", no_result_words(open_results), cycle, user, warns=over)
    if set(count) <= ENDED:
        return Next(_("Every case of this cycle is decided or closed. Nothing is left to do here."))
    return Next(_waits_for(cases, count))


def _waits_for(cases: QuerySet[Attestation], count: Counter[str]) -> str:
    """What the undecided cases wait for, and until when."""
    if held := count[Status.HELD]:
        sentence = ngettext(
            "%(count)s decision is held: its case says what is missing.",
            "%(count)s decisions are held: their cases say what is missing.",
            held,
        )
        return sentence % {"count": held}
    waiting = cases.exclude(status__in=ENDED)
    last = Deadline.objects.open().filter(attestation__in=waiting).order_by("-closes_at").first()
    if last is None:
        return _("Nothing has to be done now; the decisions follow by themselves.")
    said = {"term": last.get_kind_display(), "day": formats.date_format(last.due_on, "DATE_FORMAT")}
    return _("Nothing has to be done now. The last open term (%(term)s) runs through %(day)s.") % said


def _act(slug: str, sentence: str, buttons: Sequence[Button], *, warns: bool = False) -> Next:
    for button in buttons:
        if button.action.slug == slug:
            return Next(sentence, str(button.action.title), button.url, slug, warns)
    return Next(sentence, warns=warns)


def _file(name: str, sentence: str, cycle: Cycle, user: User, *, warns: bool = False) -> Next:
    kind = KINDS[name]
    if not may_bring_in(user, kind, cycle):
        return Next(sentence, warns=warns)
    url = reverse("admin:attestation_importjob_upload", args=(name,))
    return Next(sentence, str(kind.link), f"{url}?{urlencode({'cycle': cycle.pk})}", warns=warns)
