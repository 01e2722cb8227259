"""The pages of an act: its form, what follows from it before it is done, what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation import access, clock, explain
from attestation.admin.base import ScopedAdmin, by_of
from attestation.admin.consequences import Consequences, file_of, rehearse, shown
from attestation.deadlines.counting import Moved
from attestation.law.refusals import RuleRefusal
from attestation.refusals import Refused

if TYPE_CHECKING:
    from attestation.admin.actions import Action, ActionForm

MOST_MESSAGES = 20
MOST_MOVED = 200


def refusal_text(refusal: Refused | RuleRefusal) -> str:
    """The sentence of a refusal in the reader's language."""
    return refusal.message if isinstance(refusal, Refused) else explain.refusal_text(refusal)


class ActionPages(ScopedAdmin):
    """What is shown of an act; nothing here does it."""

    def url_name(self, name: str) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}"

    def page_of(self, obj: Any) -> str:
        """Where the browser goes once the action is done."""
        return reverse(self.url_name("change"), args=(obj.pk,))

    def refuse(
        self, request: HttpRequest, obj: Any, form: ActionForm, refusal: Refused | RuleRefusal
    ) -> None:
        """Say on the form why it is refused; not of which case, where the review is blind."""
        person = self.employee_of(obj)
        if person and isinstance(refusal, Refused) and access.hidden_among(request.user, [person.pk]):
            refusal = refusal.nameless()
        form.add_error(None, refusal_text(refusal))

    def first_page(self, action: Action) -> Callable[..., HttpResponse] | None:
        """The page between the answers and the act."""
        if action.binds:
            return self.consequences_page
        if action.preview:
            return self.preview_page
        return self.summary_page if action.summary else None

    def consequences_page(
        self,
        request: HttpRequest,
        action: Action,
        obj: Any,
        form: ActionForm,
        found: Consequences | None = None,
    ) -> HttpResponse:
        """What the act will do to whom; with `found`, because that is not what was shown before."""
        by, changed = by_of(request), found is not None
        try:
            found = found or rehearse(partial(action.run, copy(obj), form.cleaned_data, by), by)
        except (Refused, RuleRefusal) as refusal:
            self.refuse(request, obj, form, refusal)
            return self.action_page(request, action, obj, form)
        if request.POST.get("step") == "file":
            return file_of(found, f"{action.slug}-{obj.pk}.xlsx")
        context = {
            **self.action_context(request, action, obj, form),
            **shown(found, request.POST),
            "changed": changed,
            "guards": action.guards(obj),
            "says": action.says(obj, found) or action.title,
            "said": said_in(form),
        }
        return TemplateResponse(request, "admin/consequences.html", context)

    def each_page(
        self,
        request: HttpRequest,
        action: Action,
        rows: Sequence[Any],
        found: Consequences,
        *,
        changed: bool = False,
    ) -> HttpResponse:
        """The same for the records that are selected in a list."""
        if request.POST.get("step") == "file":
            return file_of(found, f"{action.slug}.xlsx")
        sent = [("action", request.POST.get("action", "")), ("index", request.POST.get("index", "0"))]
        context = {
            **self.admin_site.each_context(request),
            **shown(found, request.POST),
            "title": action.title,
            "opts": self.opts,
            "chosen": ngettext("%(count)s selected", "%(count)s selected", len(rows)) % {"count": len(rows)},
            "action": action,
            "carried": [*sent, *(("_selected_action", row.pk) for row in rows)],
            "changed": changed,
            "says": action.title,
            "back": request.get_full_path(),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/consequences.html", context)

    def preview_page(
        self, request: HttpRequest, action: Action, obj: Any, form: ActionForm, *, changed: bool = False
    ) -> HttpResponse:
        """The answers, what would move by them, and the two ways on: save, or change the answers.

        `changed`: that is not what was shown before.
        """
        assert action.preview is not None
        try:
            moved = action.preview(obj, form.cleaned_data, clock.now())
        except (Refused, RuleRefusal) as refusal:
            self.refuse(request, obj, form, refusal)
            return self.action_page(request, action, obj, form)
        context = {
            **self.action_context(request, action, obj, form),
            "changed": changed,
            "digest": digest_of(moved),
            "moved": moved[:MOST_MOVED],
            "more": max(0, len(moved) - MOST_MOVED),
            "longer": sum(row.longer for row in moved),
            "shorter": sum(not row.longer for row in moved),
            "said": said_in(form),
        }
        return TemplateResponse(request, "admin/act_preview.html", context)

    def summary_page(self, request: HttpRequest, action: Action, obj: Any, form: ActionForm) -> HttpResponse:
        """What will be done, in short, and the two ways on: confirm it, or change the answers."""
        try:
            said = action.check(obj, form.cleaned_data, by_of(request))
        except (Refused, RuleRefusal) as refusal:
            self.refuse(request, obj, form, refusal)
            return self.action_page(request, action, obj, form)
        context = {**self.action_context(request, action, obj, form), **said}
        return TemplateResponse(request, action.summary, context)

    def action_context(
        self, request: HttpRequest, action: Action, obj: Any, form: ActionForm
    ) -> dict[str, Any]:
        """What every page of an act shows."""
        return {
            **self.admin_site.each_context(request),
            "title": action.title,
            "opts": self.opts,
            "object": obj,
            "action": action,
            "form": form,
            "still_offered": action.offered(obj) and action.fits(obj, access.actor_of(request)),
            "back": self.page_of(obj),
            "media": self.media + form.media,
        }

    def action_page(self, request: HttpRequest, action: Action, obj: Any, form: ActionForm) -> HttpResponse:
        context = self.action_context(request, action, obj, form)
        refused = form.errors and request.method == "POST"
        return TemplateResponse(request, action.template, context, status=422 if refused else 200)


def answered(form: ActionForm) -> ActionForm:
    """A form without a question, as if it had come back."""
    form = type(form)({}, obj=form.obj, user=form.user)
    form.full_clean()
    return form


def digest_of(moved: Iterable[Moved]) -> str:
    """Of what a preview says: which deadline would end on which day."""
    rows = sorted((row.deadline.pk, row.counted.due_on, row.longer) for row in moved)
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def said_in(form: ActionForm) -> list[tuple[str, str]]:
    """The answers of a form as people read them, those left out left out."""
    return [
        (str(form.fields[name].label), formats.date_format(value) if isinstance(value, date) else str(value))
        for name, value in form.cleaned_data.items()
        if value and not form.fields[name].widget.is_hidden
    ]


def report(request: HttpRequest, title: str, done: int, refused: Iterable[str]) -> None:
    """Say what a collective act did, and each thing that it did not do."""
    refused = list(refused)
    if done:
        messages.success(
            request,
            ngettext("%(title)s: %(count)s record.", "%(title)s: %(count)s records.", done)
            % {"title": title, "count": done},
        )
    warn_each(request, refused)
    if not done and not refused:
        messages.info(request, _("There was nothing to do."))


def warn_each(request: HttpRequest, sentences: Iterable[str]) -> None:
    """Each sentence in amber, as many as a page bears."""
    sentences = list(sentences)
    for sentence in sentences[:MOST_MESSAGES]:
        messages.warning(request, sentence)
    left = len(sentences) - MOST_MESSAGES
    if left > 0:
        messages.warning(
            request, ngettext("And %(count)s more.", "And %(count)s more.", left) % {"count": left}
        )
