"""F-C2: forms carry a key, and the same form sent again – a double click, the browser's resend, Back and once
more – does nothing and shows the first result.

`{% csrf_token %}` gives each form its key, also those of the admin and its skin; forms that fetch something
(search, files, language) write the token alone. A form without a key is taken as ever.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import Library
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeData, mark_safe
from django.utils.translation import gettext as _

from attestation import clock
from attestation.admin.drafts import taken
from attestation.models import SentForm
from attestation.sent import Sending, SentAlready, sending
from config.unavailable import where_it_shows

FIELD = "page_key"
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
LONGEST_PATH = 500
# How long a second request waits for the answer that the first one is about to give.
WAITS_S, LOOKS_EVERY_S = 3.0, 0.1

register = Library()


class KeyNode(CsrfTokenNode):
    """Django's hidden field, and beside it a key of the form's own."""

    def render(self, context: Context) -> str:
        field: str = super().render(context)
        key = secrets.token_urlsafe(18)
        return format_html('{}<input type="hidden" name="{}" value="{}">', field, FIELD, key) if field else ""


@register.tag
def csrf_token(parser: Parser, token: Token) -> KeyNode:
    """In the place of Django's."""
    return KeyNode()


class SentTwice:
    """Answer a form that took effect before by its first result."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        form = form_of(request)
        if form is None:
            return self.get_response(request)
        if form.first():
            return shown_again(request, form)
        vars(request)["_sending"] = form
        with sending(form):
            response = self.get_response(request)
        own = form.own()
        if own is not None:
            keep(own, request, response)
        elif response.status_code < 500 and form.first():
            # Refused, for the first one had done it meanwhile.
            return shown_again(request, form)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Another one with the same key came first."""
        if not isinstance(exception, SentAlready):
            return None
        return shown_again(request, vars(request)["_sending"])


def form_of(request: HttpRequest) -> Sending | None:
    """The form with a key that somebody logged in sends."""
    if request.method != "POST" or not request.user.is_authenticated:
        return None
    key = request.POST.get(FIELD, "")
    if not KEY.fullmatch(key) or len(request.path) > LONGEST_PATH:
        return None
    return Sending(request.user.pk, request.path, key)


def keep(own: SentForm, request: HttpRequest, response: HttpResponse) -> None:
    """What came of it, for whoever sends it again; of a refusal that went on record nothing came."""
    if 400 <= response.status_code < 500:
        own.delete()
    elif response.status_code < 400:
        own.led_to = response.headers.get("Location") or request.get_full_path()
        own.said = [
            [one.level, str(one.message), isinstance(one.message, SafeData)] for one in queued(request)
        ]
        own.save(update_fields=["led_to", "said"])


def queued(request: HttpRequest) -> list[Any]:
    """The messages that this answer makes."""
    found: list[Any] = request._messages._queued_messages  # type: ignore[attr-defined]
    return found


def shown_again(request: HttpRequest, form: Sending) -> HttpResponse:
    """The way the first one led, with what it was told; where its end is not known, that is said."""
    last = time.monotonic() + WAITS_S
    while (first := form.first()) and not first.led_to and time.monotonic() < last:
        time.sleep(LOOKS_EVERY_S)
    # New messages alone: of this time nothing was done.
    queued(request).clear()
    if first is None or not first.led_to:
        text = _("This form was already sent at %(time)s. Look here whether all of it was done.")
        messages.warning(request, text % {"time": moment(first)})
        return HttpResponseRedirect(where_it_shows(request.path))
    text = _("This was already done at %(time)s; it was not done again.")
    unread = messages.get_messages(request)
    waiting = {str(one) for one in unread}
    unread.used = False  # type: ignore[union-attr]  # a storage: they are shown on the next page, once
    messages.info(request, text % {"time": moment(first)})
    for level, said, is_html in first.said:
        if said not in waiting:
            # As our own page had made it.
            messages.add_message(request, level, mark_safe(said) if is_html else said)  # noqa: S308
    return taken(request, HttpResponseRedirect(first.led_to))


def moment(first: SentForm | None) -> str:
    """The time, with the day where it is not today's."""
    at, now = timezone.localtime(first.at if first else clock.now()), timezone.localtime(clock.now())
    return formats.date_format(at, "TIME_FORMAT" if at.date() == now.date() else "SHORT_DATETIME_FORMAT")
