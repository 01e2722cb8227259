"""Who goes through each door: every button on every record is tried by each person whom it is offered to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Model
from django.http import QueryDict
from django.test import RequestFactory
from django.utils.datastructures import MultiValueDict

from attestation.admin.action_pages import refusal_text
from attestation.admin.actions import Action, ActionAdmin, ActionForm, actions_on
from attestation.admin.consequences import OtherThanShown, do_as_shown, rehearse
from attestation.admin.listing_page import ListForm
from attestation.by import By
from attestation.deadlines.outage_deadlines import cut_deadlines, digest
from attestation.law.calendar import ALMATY
from attestation.law.refusals import RuleRefusal
from attestation.models import Cycle, Role, User
from attestation.refusals import Refused

# What somebody who knows the case types, where the first answer that comes to mind is none.
SAID: dict[str, dict[str, Callable[[Any, datetime], Any]]] = {
    "importjob confirm": {"skip_errors": lambda job, now: True},
    "attestation record-absence": {"document": lambda case, now: "Letter No. 7"},
    "attestation propose-correction": {"correct_answers": lambda case, now: "88"},
    "attestation correct-result": {"correct_answers": lambda case, now: "88"},
    "calendaryear transfer": {"off_1": lambda year, now: f"{year.year}-03-02"},
    "cycle list": {"people": lambda cycle, now: first_way(cycle)},
    "employee former-category": {"starts_on": lambda person, now: "2021-03-03"},
    "cycle stage": {"testing_ends": lambda cycle, now: f"{now + timedelta(days=40):%Y-%m-%d}"},
    # A role stays while its account belongs to an open sitting.
    "user rights": {"is_active": lambda account, now: not account.is_active},
    # Who belongs to an open sitting is released from tomorrow on.
    "membership release": {"on": lambda seat, now: f"{now + timedelta(days=1):%Y-%m-%d}"},
    # As the page puts it into the hidden field.
    "outage settle": {"seen": lambda outage, now: digest(cut_deadlines(outage, now=now))},
}
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def first_way(cycle: Cycle) -> list[str]:
    """Whoever can be put on the list, and for what, as the table of the page offers it."""
    form = ListForm(obj=cycle, user=User.objects.filter(role=Role.ADMINISTRATOR).first())
    offered = (row for row in form.candidates() if row.ways)
    return [f"{row.person.pk}:{row.chosen}" for row in offered][:1]


def typed(field: forms.Field, now: datetime) -> Any:
    """A sensible answer: the first choice, today, a sentence, a small file; None leaves the field out."""
    if isinstance(field, forms.ModelChoiceField):
        first = field.queryset.first()
        return str(first.pk) if first is not None else None
    if isinstance(field, forms.ChoiceField):
        values = [value for value, _label in flat(field.choices) if value not in ("", None)]
        return str(values[0]) if values else None
    if isinstance(field, forms.FileField):
        return SimpleUploadedFile("a.pdf", PDF, "application/pdf")
    if isinstance(field, forms.DateTimeField):
        return f"{now.astimezone(ALMATY):%Y-%m-%dT%H:%M:%S}"
    if isinstance(field, forms.DateField):
        return f"{now.astimezone(ALMATY):%Y-%m-%d}"
    if isinstance(field, forms.BooleanField):
        return None
    if isinstance(field, forms.IntegerField):
        return "1"
    if isinstance(field, forms.EmailField):
        return "new@example.kz"
    return "№ 7"


def flat(choices: Iterable[Any]) -> list[tuple[Any, Any]]:
    """The choices without their groups."""
    found: list[tuple[Any, Any]] = []
    for value, label in choices:
        found += label if isinstance(label, (list, tuple)) else [(value, label)]
    return found


def answered(action: Action, obj: Any, user: User, now: datetime) -> ActionForm:
    """The form as somebody sends it: what stands there already stays, what is asked for is filled in."""
    blank = action.form(obj=obj, user=user)
    data, files = QueryDict(mutable=True), MultiValueDict[str, Any]()
    said = SAID.get(f"{obj._meta.model_name} {action.slug}", {})
    for name, field in blank.fields.items():
        value = blank.get_initial_for_field(field, name)
        if name in said:
            value = said[name](obj, now)
        elif value in (None, "", []) and (field.required or name.endswith("_0")):
            # Of the rows of a form one is filled in.
            value = typed(field, now)
        if isinstance(value, SimpleUploadedFile):
            files.appendlist(name, value)
        elif isinstance(value, list):
            data.setlist(name, [str(one) for one in value])
        elif isinstance(value, datetime):
            data[name] = f"{value.astimezone(ALMATY):%Y-%m-%dT%H:%M:%S}"
        elif value not in (None, False):
            data[name] = "on" if value is True else str(getattr(value, "pk", value))
    return action.form(data, files, obj=obj, user=user)


def tried(action: Action, obj: Any, user: User, now: datetime) -> str:
    """What stands in the way, taken back afterwards: the code and the words; empty where it is done."""
    try:
        with transaction.atomic():
            form = answered(action, obj, user, now)
            if not form.is_valid():
                return f"form: {dict(form.errors)}"
            action.check(obj, form.cleaned_data, By(user, now))
            if action.preview is not None:
                action.preview(obj, form.cleaned_data, now)
            run = partial(action.run, obj, form.cleaned_data, By(user, now))
            if action.binds:
                seen = rehearse(
                    partial(action.run, copy(obj), form.cleaned_data, By(user, now)), By(user, now)
                )
                do_as_shown(run, By(user, now), seen.digest)
            else:
                run()
            transaction.set_rollback(True)
    except OtherThanShown as other:
        return f"other than shown: {seen} but {other.found}"
    except (Refused, RuleRefusal) as refusal:
        return f"{refusal.code}: {refusal_text(refusal)}"
    return ""


def pages() -> dict[type[Model], ActionAdmin]:
    """Every page that has buttons."""
    return {model: page for model, page in admin.site._registry.items() if isinstance(page, ActionAdmin)}


def keys_of(model: type[Model], most: int | None) -> list[Any]:
    """The keys of the rows; of each status, state or outcome the first ones where `most` says how many."""
    names = {field.name for field in model._meta.get_fields()}
    state = next((name for name in ("status", "state", "outcome") if name in names), "pk")
    groups: dict[Any, list[Any]] = {}
    for key, value in model._default_manager.order_by("pk").values_list("pk", state):
        groups.setdefault("" if state == "pk" else value, []).append(key)
    return [key for group in groups.values() for key in group[:most]]


def shut_doors(
    people: dict[str, User],
    now: datetime,
    *tables: type[Model],
    most: int | None = None,
) -> tuple[dict[str, str], set[str]]:
    """By person, record and act what the form was answered; and the acts that opened for somebody.

    `tables`: those alone. `most`: of the rows in each state so many.
    """
    shut: dict[str, str] = {}
    opened: set[str] = set()
    for model, page in pages().items():
        if tables and model not in tables:
            continue
        keys = keys_of(model, most)
        for name, account in people.items():
            # Loaded anew, as for each request.
            user = User.objects.get(pk=account.pk)
            request = RequestFactory().get("/")
            request.user = user
            request.session = {}  # type: ignore[assignment]  # no page is drawn
            if not page.has_view_permission(request):
                continue
            for key in keys:
                obj = page.get_object(request, str(key))
                if obj is None or not page.has_view_permission(request, obj):
                    continue
                for button in page.buttons(request, obj):
                    door = f"{model._meta.model_name} {button.action.slug}"
                    again = page.get_object(request, str(key))
                    why = tried(button.action, again, user, now)
                    if not why:
                        opened.add(door)
                    else:
                        shut[f"{name}: {door} {key}"] = why
    return shut, opened


def all_doors() -> set[str]:
    """Every act on every table."""
    return {f"{model._meta.model_name} {action.slug}" for model in pages() for action in actions_on(model)}
