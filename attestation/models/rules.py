"""The readings in force (I-01 …) and the calendar of days off (I-09), both kept in the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation.law.calendar import WorkCalendar
from attestation.law.parameters import FIRST_DAY, NotInForce
from attestation.law.settings import DEFAULTS, Settings
from attestation.models.base import link

# The readings, each a column of a rule set.
SETTING_FIELDS = tuple(DEFAULTS.as_dict())
# I-04, I-05: what row 2 has where its two lines leave it open.
ROW_2_POINTS = [
    ("commission", _("held for the commission's ruling")),
    ("ten", _("the points of the upper line of row 2")),
    ("zero", _("the points of the lower line of row 2")),
]


def default_ladders() -> dict[str, list[str]]:
    """When each kind of deadline is reminded of: ours, not the order's, which knows no reminders.

    `open`: when the deadline is put on record; `12-hours`: before its last second; `90-days`: at 09:00 in
    Almaty so many days before the last day; `last-morning`: at 09:00 of the last day.
    """
    return {
        "appeal": ["open", "last-morning"],
        "scoring": ["open", "12-hours"],
        "reattestation": ["90-days", "30-days", "7-days", "1-days"],
        "category": ["180-days", "90-days", "30-days", "7-days"],
        "ruling": ["open", "1-days", "last-morning"],
    }


class RuleSetQuerySet(models.QuerySet["RuleSet"]):
    def in_force_on(self, day: date) -> RuleSet:
        """I-21: the rule set in force on the day; raises NotInForce before the first one."""
        found = self.filter(effective_from__lte=day).order_by("-effective_from").first()
        if found is None:
            first = self.order_by("effective_from").first()
            raise NotInForce("I-21", day, first.effective_from if first else date.max)
        return found

    def first_day(self) -> date:
        """item 4, I-21: the first day of the first rule set; without one, that of the order's numbers."""
        first = self.order_by("effective_from").first()
        return first.effective_from if first else FIRST_DAY


class RuleSet(models.Model):
    """The readings chosen for attestations whose testing stage ends on or after `effective_from`.

    Pinned to each attestation when its testing stage ends (I-21). A rule set that a case is pinned
    to can't be changed (trigger): a new choice is a new dated rule set.
    """

    title = models.CharField(_("title"), max_length=200)
    effective_from = models.DateField(_("in force from"), unique=True)
    managers_initial = models.CharField(
        _("managers' initial attestation (I-01)"),
        max_length=10,
        default="position",
        choices=[
            ("position", _("by the position: ¶17.3 and ¶30.3")),
            ("initial", _("as everyone's initial: ¶17.1 and ¶30.1")),
        ],
    )
    category_basis = models.CharField(
        _("points that decide ¶30.2 (I-02)"),
        max_length=10,
        default="total",
        choices=[("total", _("the total of Appendix 1-2")), ("test", _("the test percentage alone"))],
    )
    rating_gap = models.CharField(
        _("rating between the two lines of row 2 (I-04)"),
        max_length=10,
        default="commission",
        choices=ROW_2_POINTS,
    )
    no_rating = models.CharField(
        _("no ratings in the window (I-05)"),
        max_length=10,
        default="commission",
        choices=ROW_2_POINTS,
    )
    low_total = models.CharField(
        _("category below both bounds of ¶30.2 after a passed test (I-07)"),
        max_length=16,
        default="below_existing",
        choices=[
            ("below_existing", _("one level below the existing one")),
            ("existing", _("the existing one")),
        ],
    )
    kept_term = models.CharField(
        _("term of a category that is kept (I-15)"),
        max_length=10,
        default="always",
        choices=[
            ("always", _("a new term")),
            ("declared", _("a new term where it was the one declared")),
            ("own_end", _("runs to its own end")),
        ],
    )
    window = models.CharField(
        _("window of rows 2 and 3 (I-06)"),
        max_length=16,
        default="between",
        choices=[
            ("between", _("between the windows of two assessments")),
            ("twelve_months", _("always the last months in full")),
            ("since_final", _("since the previous final decision")),
        ],
    )
    scoring_rolls = models.BooleanField(_("scoring term moves to the next working day (I-10)"), default=False)
    finalise_after = models.PositiveSmallIntegerField(
        _("working days of grace before a decision is final (I-12)"), default=1
    )
    # No decision depends on these two: they may change after cases were pinned.
    ladders = models.JSONField(_("reminders"), default=default_ladders)
    escalation_address = models.EmailField(
        _("escalation address"),
        blank=True,
        help_text=_("Overdue duties are reported here daily; empty: to nobody but the officers."),
    )

    objects = RuleSetQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule set")
        verbose_name_plural = _("rule sets")
        ordering = ("-effective_from",)

    def __str__(self) -> str:
        return self.title

    def settings(self) -> Settings:
        """The readings as the pure rules take them."""
        return Settings.from_mapping({name: getattr(self, name) for name in SETTING_FIELDS})


class CalendarYear(models.Model):
    """One year's days off: seeded from `holidays`, then reviewed and confirmed by an administrator."""

    year = models.PositiveSmallIntegerField(_("year"), primary_key=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("confirmed by"),
        related_name="+",
    )

    class Meta:
        verbose_name = _("calendar year")
        verbose_name_plural = _("calendar years")
        ordering = ("year",)

    def __str__(self) -> str:
        return str(self.year)


class CalendarDayQuerySet(models.QuerySet["CalendarDay"]):
    def work_calendar(self) -> WorkCalendar:
        """I-09: every day off and every decreed working day on record, for the pure rules."""
        off: set[date] = set()
        working: set[date] = set()
        for day, kind in self.values_list("day", "kind"):
            (off if kind == "off" else working).add(day)
        return WorkCalendar(frozenset(off), frozenset(working))


class CalendarDay(models.Model):
    """A day off, or a weekend day that a decree made a working day (I-09)."""

    class Nature(models.TextChoices):
        """Why the day is off, or that it works."""

        HOLIDAY = "holiday", _("public holiday")
        RELIGIOUS = "religious", _("religious day off, never moved")
        MOVED = "moved", _("day off in place of another day")
        WORKING = "working", _("weekend day that works")

    day = models.DateField(_("day"), unique=True)
    year = link(CalendarYear, _("year"), "days")
    kind = models.CharField(
        _("kind"), max_length=8, choices=[("off", _("day off")), ("working", _("working day"))]
    )
    nature = models.CharField(_("nature of the day"), max_length=10, choices=Nature.choices)
    estimated = models.BooleanField(
        _("estimated"), default=False, help_text=_("The date depends on the sighting of the moon.")
    )
    name_kk = models.CharField(_("name (kk)"), max_length=200, blank=True)
    name_ru = models.CharField(_("name (ru)"), max_length=200, blank=True)
    name_en = models.CharField(_("name (en)"), max_length=200, blank=True)
    source = models.CharField(
        _("source"), max_length=200, help_text=_("The act, or where the day comes from.")
    )

    objects = CalendarDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("day of the calendar")
        verbose_name_plural = _("days of the calendar")
        ordering = ("day",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="working", nature="working")
                | Q(kind="off", nature__in=("holiday", "religious", "moved")),
                name="calendar_day_has_its_nature",
            ),
        )

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y}"


def calendar_versions() -> dict[int, int]:
    """The version of each year's calendar."""
    return dict(CalendarYear.objects.values_list("year", "version"))


def calendar_version(days: tuple[date, ...], due_on: date, versions: Mapping[int, int] | None = None) -> str:
    """The versions of the years that a deadline touches, such as `2026:1` or `2026:2 2027:1`."""
    years = sorted({d.year for d in days} | {due_on.year})
    known = calendar_versions() if versions is None else versions
    return " ".join(f"{year}:{known.get(year, 0)}" for year in years)
