"""Employees, the periods of their categories, and the accounts of those who work here."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from attestation.labels import CATEGORIES, POSITIONS, choices
from attestation.law.vocabulary import Category, rank
from attestation.models.base import NotVoid, Versioned, link, optional_link
from attestation.models.centers import Center
from attestation.models.name_search import HasWords
from attestation.names import search_key, sort_key

models.CharField.register_lookup(HasWords)
LANGUAGES = [("kk", "Қазақша"), ("ru", "Русский")]


class Role(models.TextChoices):
    """Who somebody is here. Commission seats are held in `appeals`, by date."""

    ADMINISTRATOR = "administrator", _("administrator")
    AUDITOR = "auditor", _("ministry auditor")
    HR = "hr", _("HR officer")
    SECRETARY = "secretary", _("commission secretary")
    CHAIR = "chair", _("commission chair")
    MEMBER = "member", _("commission member")


class Employee(Versioned):
    """A person on the staff of a centre, known by the IIN.

    `voided_at`: the import that put them on record was undone; without a category they go with its rows.
    """

    iin = models.CharField(_("IIN"), max_length=12)
    last_name = models.CharField(_("last name"), max_length=120)
    first_name = models.CharField(_("first name"), max_length=120)
    patronymic = models.CharField(_("patronymic"), max_length=120, blank=True)
    center = link(Center, _("centre"), "employees")
    unit = models.CharField(_("unit"), max_length=255, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES, default="kk")
    position = models.CharField(_("position"), max_length=24, choices=choices(POSITIONS))
    hired_on = models.DateField(_("hired on"))
    left_on = models.DateField(_("left service on"), null=True, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    sort_key = models.CharField(max_length=400, editable=False, db_index=True)
    search_key = models.CharField(max_length=400, editable=False)
    voided_at = models.DateTimeField(_("void since"), null=True, blank=True, editable=False)

    objects = NotVoid()

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        ordering = ("sort_key", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("iin",), condition=Q(voided_at__isnull=True), name="one_employee_an_iin"
            ),
            models.CheckConstraint(condition=Q(iin__regex=r"^[0-9]{12}$"), name="employee_iin_digits"),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("hired_on")),
                name="employee_left_after_hired",
            ),
        )

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """Last name, first name, patronymic, as official papers write them."""
        return " ".join(part for part in (self.last_name, self.first_name, self.patronymic) if part)

    def set_keys(self) -> None:
        """Derive the Kazakh sort order and the case-blind search key from the name."""
        self.sort_key = sort_key(self.last_name, self.first_name, self.patronymic)
        self.search_key = search_key(self.last_name, self.first_name, self.patronymic)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.set_keys()
        super().save(*args, **kwargs)

    def category_on(self, day: date) -> Category:
        """I-16, I-17: the highest category in force on the day; `none` where there is none."""
        held = (Category(period.category) for period in self.category_terms.all() if period.in_force_on(day))
        return max(held, key=rank, default=Category.NONE)


class CategoryTermQuerySet(models.QuerySet["CategoryTerm"]):
    def in_force_on(self, day: date) -> CategoryTermQuerySet:
        """¶7: periods that run on the day, the suspended ones left out (I-14)."""
        return self.filter(suspended_at__isnull=True, starts_on__lte=day, ends_on__gte=day)


class CategoryTerm(models.Model):
    """¶7: a category held from a day through a day, both inclusive; never deleted.

    A period that a later decision cut short keeps its own end in `planned_ends_on` and names that
    decision in `ended_by`. A period whose decision was reopened is suspended (I-14). A period cut on
    the day it began has `ends_on` one day before `starts_on`: it was never in force.
    """

    employee = link(Employee, _("employee"), "category_terms")
    category = models.CharField(
        _("category"),
        max_length=16,
        choices=[pair for pair in choices(CATEGORIES) if pair[0] != Category.NONE],
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("through"))
    planned_ends_on = models.DateField(_("through, as conferred"))
    decision = models.ForeignKey(
        "attestation.Decision",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="terms_begun",
        verbose_name=_("conferred by"),
    )
    ended_by = models.ForeignKey(
        "attestation.Decision",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="terms_ended",
        verbose_name=_("cut short by"),
    )
    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True)
    # The import that put it on record was undone; it is suspended as well, so that it holds nowhere.
    voided_at = models.DateTimeField(_("void since"), null=True, blank=True, editable=False)
    # I-42: of a category conferred before this order, put on record by an officer.
    former_name = models.CharField(_("former name"), max_length=200, blank=True, default="")
    document = models.CharField(_("document"), max_length=200, blank=True, default="")
    # Whether its end stands in the ledger; an imported period is put there by the next sweep.
    in_ledger = models.BooleanField(default=False, editable=False)

    objects = NotVoid.from_queryset(CategoryTermQuerySet)()

    class Meta:
        verbose_name = _("category term")
        verbose_name_plural = _("category terms")
        ordering = ("starts_on", "pk")
        indexes = (
            models.Index(fields=("ends_on",)),
            models.Index(fields=("id",), condition=Q(in_ledger=False), name="term_not_in_ledger"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(category__in=[Category.CONSULTANT, Category.CASE_MANAGER, Category.MENTOR]),
                name="term_category_known",
            ),
            models.CheckConstraint(
                condition=Q(former_name="", document="") | (~Q(former_name="") & ~Q(document="")),
                name="term_former_has_document",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_category_display()} {self.starts_on:%d.%m.%Y} – {self.ends_on:%d.%m.%Y}"

    @property
    def is_void(self) -> bool:
        """I-16: whether a later decision superseded it on the day it began: it was never in force."""
        return self.ends_on < self.starts_on

    def in_force_on(self, day: date) -> bool:
        """¶7: whether this period runs on the day."""
        return self.suspended_at is None and self.starts_on <= day <= self.ends_on


class User(AbstractUser):
    """An account of the back office; what it may do follows from its role and centre."""

    role = models.CharField(_("role"), max_length=16, choices=Role.choices, blank=True)
    center = optional_link(Center, _("centre"), "officers")
    employee = optional_link(Employee, _("own staff record"), "accounts")
    language = models.CharField(
        _("language"), max_length=2, choices=[*LANGUAGES, ("en", "English")], default="kk"
    )
    is_demo = models.BooleanField(_("demo account"), default=False, editable=False)
    # Since when letters go to this address; empty: since long ago.
    email_changed_at = models.DateTimeField(_("address changed at"), null=True, blank=True, editable=False)
    # Somebody else typed the password: in production every page leads to its change first.
    must_change_password = models.BooleanField(_("password to be changed"), default=False, editable=False)
    # One higher: every session of the account ends, and none of its devices is known.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = (
            models.CheckConstraint(
                condition=~Q(role=Role.HR) | Q(center__isnull=False), name="user_hr_has_center"
            ),
        )

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """F-W6, F-A8: a session lasts as long as all of these stay what they were at its login."""
        bound = f"{self.password}:{self.role}:{self.center_id}:{self.employee_id}:{self.session_epoch}"
        return salted_hmac("attestation.User.session", bound, secret=secret, algorithm="sha256").hexdigest()
