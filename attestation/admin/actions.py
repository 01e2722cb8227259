"""Actions on one record: a button, a page that says what will happen, a POST that calls one service.

An app offers its actions on a model with `offer`; the siblings put theirs on the attestation's page that way,
without this app knowing them. GET shows, POST carries out; a refusal is said in words and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from attestation import access
from attestation.admin.action_pages import ActionPages, answered, digest_of, refusal_text, report, warn_each
from attestation.admin.base import by_of
from attestation.admin.consequences import Consequences, OtherThanShown, do_as_shown, rehearse
from attestation.admin.drafts import taken
from attestation.admin.proof import ask_again
from attestation.by import By
from attestation.labels import Label
from attestation.law.refusals import RuleRefusal
from attestation.models import User
from attestation.refusals import Refused


class ActionForm(forms.Form):
    """The questions of an action; `obj` and `user` are there for choices in scope."""

    def __init__(self, *args: Any, obj: Any, user: User, **kwargs: Any) -> None:
        self.obj = obj
        self.user = user
        super().__init__(*args, **kwargs)
        self.prepare()

    def prepare(self) -> None:
        """Narrow choices and set initial values to what fits the record."""

    def narrow(self, name: str, records: QuerySet[Model]) -> None:
        """Let the field offer these records."""
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = records

    def choose_from(self, name: str, choices: Iterable[tuple[str, Label]]) -> None:
        """Let the field offer these values."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)


Run = Callable[[Any, dict[str, Any], By], str | None]
# The deadlines that the action would move (`deadlines.counting.Moved`); writes nothing.
Preview = Callable[[Any, dict[str, Any], datetime], list[Any]]


@dataclass(frozen=True)
class Action:
    """One thing a person can do to a record.

    `right` is one of `access.RIGHTS`; `offered` and `fits` say whether the state of the record and the
    person at the screen make the button sensible (the service decides for itself); `run(obj, answers, by)`
    returns what was done.
    """

    slug: str
    right: str
    title: Label
    run: Run
    explain: Label = ""
    button: Label = ""
    icon: str = "play_arrow"
    form: type[ActionForm] = ActionForm
    offered: Callable[[Any], bool] = lambda obj: True
    # Whether it is this person's to do, beyond the right: a seat, a second person.
    fits: Callable[[Any, User], bool] = lambda obj, user: True
    order: int = 100
    primary: bool = False
    danger: bool = False
    template: str = "admin/act.html"
    # What the record and the form's own facts say, above the questions and above what follows.
    facts: str = ""
    # With it the action is done in two steps: what would move is shown first, then it is saved.
    preview: Preview | None = None
    # With it the action is done in two steps: the answers are summed up on this page, then confirmed.
    # `check(obj, answers, by)` writes nothing and returns what the page shows; it refuses as `run` would.
    summary: str = ""
    check: Callable[[Any, dict[str, Any], By], dict[str, Any]] = lambda obj, answers, by: {}
    # With it whoever acts shows once more who they are, if that is ten minutes ago.
    asks_again: bool = False
    # With it the page first shows what the act does to whom, by a rehearsal; only what was shown is done.
    binds: bool = False
    # What speaks against doing it now, a sentence each.
    guards: Callable[[Any], list[str]] = lambda obj: []
    # What the button of that page says.
    says: Callable[[Any, Consequences], Label] = lambda obj, found: ""
    # The action that follows at once upon these answers, by its slug; without it the page is shown.
    leads_to: Callable[[Any, dict[str, Any]], str] = lambda obj, answers: ""


_OFFERED: dict[type[Model], list[Action]] = {}


def offer(model: type[Model], *actions: Action) -> None:
    """Put actions on a model's page."""
    known = _OFFERED.setdefault(model, [])
    for action in actions:
        if action.slug in {other.slug for other in known}:
            raise ValueError(f"{model.__name__} has an action {action.slug} already")
        known.append(action)
    known.sort(key=lambda action: action.order)


def actions_on(model: type[Model]) -> list[Action]:
    """Every action offered on a model, in the order of the buttons."""
    return list(_OFFERED.get(model, []))


@dataclass(frozen=True)
class Button:
    """An action as the page shows it."""

    action: Action
    url: str


class ActionAdmin(ActionPages):
    """A page with actions. `employee_of` names the person concerned, for F-A6."""

    def employee_of(self, obj: Any) -> Any:
        """The employee whom the record is about, if it is about one."""
        return None

    def own_record(self, request: HttpRequest, obj: Any) -> bool:
        return obj is not None and access.is_own(request.user, self.employee_of(obj))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.action_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        return [path("<path:object_id>/do/<slug:slug>/", view, name=name), *super().get_urls()]

    def allowed(self, request: HttpRequest, action: Action, obj: Any) -> bool:
        """Whether this person may take the action on this record."""
        return access.may(request.user, action.right) and not self.own_record(request, obj)

    def buttons(self, request: HttpRequest, obj: Any, without: str = "") -> list[Button]:
        """The actions that make sense now and are this person's to do; `without` one that stands elsewhere on
        the page, by its slug."""
        return [
            Button(action, reverse(self.url_name("act"), args=(obj.pk, action.slug)))
            for action in actions_on(self.model)
            if action.slug != without
            and self.allowed(request, action, obj)
            and action.offered(obj)
            and action.fits(obj, access.actor_of(request))
        ]

    def action_view(self, request: HttpRequest, object_id: str, slug: str) -> HttpResponse:
        """GET: what will happen, and the form. POST: the one call of the service."""
        action = next((action for action in actions_on(self.model) if action.slug == slug), None)
        if action is None:
            raise Http404
        obj = self.get_object(request, object_id)
        if obj is None or not self.has_view_permission(request, obj):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.allowed(request, action, obj):
            raise PermissionDenied
        if action.asks_again and (asked := ask_again(request)):
            return asked
        first = self.first_page(action)
        if request.method == "POST":
            form = action.form(request.POST, request.FILES, obj=obj, user=access.actor_of(request))
            step = request.POST.get("step")
            if form.is_valid() and first and step != "save":
                return (self.action_page if step == "edit" else first)(request, action, obj, form)
            if form.is_valid() and (answer := self.perform(request, action, obj, form)):
                return answer
        else:
            form = action.form(obj=obj, user=access.actor_of(request))
            if action.binds and not form.fields:
                return self.consequences_page(request, action, obj, answered(form))
        return self.action_page(request, action, obj, form)

    def perform(
        self, request: HttpRequest, action: Action, obj: Any, form: ActionForm
    ) -> HttpResponse | None:
        """Call the service; a refusal goes back onto the form, and so does what is not as it was shown."""
        by, seen, against = by_of(request), request.POST.get("shown", ""), []
        run = partial(action.run, obj, form.cleaned_data, by)
        try:
            if action.preview and digest_of(action.preview(obj, form.cleaned_data, by.at)) != seen:
                return self.preview_page(request, action, obj, form, changed=True)
            if action.binds:
                done, found = do_as_shown(run, by, seen)
                against = found.refused
            else:
                done = run()
        except OtherThanShown as other:
            return self.consequences_page(
                request, action, self.get_object(request, str(obj.pk)), form, other.found
            )
        except (Refused, RuleRefusal) as refusal:
            self.refuse(request, obj, form, refusal)
            return None
        say = messages.warning if against else messages.success
        say(request, done or _("Done: %(act)s.") % {"act": action.title})
        warn_each(
            request, (f"{row.case_no}, {row.person}: {' '.join(row.why or row.what)}" for row in against)
        )
        following = action.leads_to(obj, form.cleaned_data)
        next_form = reverse(self.url_name("act"), args=(obj.pk, following)) if following else ""
        return taken(request, HttpResponseRedirect(next_form or self.page_after(request, action, obj)))

    def page_after(self, request: HttpRequest, action: Action, obj: Any) -> str:
        """Where the browser goes once the action is done and no other follows."""
        return self.page_of(obj)

    def form_view(
        self,
        request: HttpRequest,
        form_class: type[ActionForm],
        run: Callable[[dict[str, Any], By], tuple[str, str]],
        *,
        title: str,
        button: str,
        explain: str = "",
    ) -> HttpResponse:
        """A page that makes a record by a service; `run` returns what was done and where to go."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        data = request.POST if request.method == "POST" else None
        form = form_class(data, obj=None, user=access.actor_of(request))
        if form.is_valid():
            try:
                done, url = run(form.cleaned_data, by_of(request))
            except (Refused, RuleRefusal) as refusal:
                form.add_error(None, refusal_text(refusal))
            else:
                messages.success(request, done)
                return taken(request, HttpResponseRedirect(url))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "form": form,
            "back": reverse(self.url_name("changelist")),
            "button": button,
            "explain": explain,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/plain_form.html", context, status=422 if form.errors else 200)

    def perform_each(self, request: HttpRequest, queryset: QuerySet[Any], slug: str) -> HttpResponse | None:
        """One service call per selected record; every refusal is named with its record.

        Of an act that binds a page shows first what it does to all of them.
        """
        action = next(action for action in actions_on(self.model) if action.slug == slug)
        if not access.may(request.user, action.right):
            raise PermissionDenied
        if action.asks_again and (asked := ask_again(request)):
            return asked
        by, rows = by_of(request), list(queryset)
        run = partial(self.run_each, request, action, rows, by)
        if not action.binds or not rows:
            refused = run()
        elif request.POST.get("step") != "save":
            return self.each_page(request, action, rows, rehearse(run, by, tuple))
        else:
            try:
                refused, _found = do_as_shown(run, by, request.POST.get("shown", ""), tuple)
            except OtherThanShown as other:
                return self.each_page(request, action, rows, other.found, changed=True)
        report(request, str(action.title), len(rows) - len(refused), refused)
        return None

    def run_each(self, request: HttpRequest, action: Action, rows: Iterable[Any], by: By) -> list[str]:
        """The act on each; those for which it is refused, with the reason."""
        refused = []
        for obj in rows:
            if self.own_record(request, obj):
                refused.append(f"{obj}: " + _("nobody decides on their own record."))
                continue
            try:
                with transaction.atomic():
                    action.run(copy(obj), {}, by)
            except (Refused, RuleRefusal) as refusal:
                refused.append(f"{obj}: {refusal_text(refusal)}")
        return refused


class PlainPageAdmin(ActionAdmin):
    """The admin's own page of a record, with the buttons of its acts above it."""

    change_form_outer_before_template = "admin/acts_bar.html"

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        obj = self.get_object(request, object_id)
        extra = kwargs.pop("extra_context", None) or {}
        if obj is not None:
            extra["buttons"] = self.buttons(request, obj)
        return super().change_view(request, object_id, *args, extra_context=extra, **kwargs)
