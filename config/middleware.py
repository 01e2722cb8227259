"""What every answer carries and how long a session lives."""

import re
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from attestation import clock
from attestation.accounts.devices import keep_device
from attestation.accounts.sessions import REFRESHED, STARTED
from config.logs import answering

# Long enough to be one, and nothing that could be a person's number or bend a line of the log.
REQUEST_ID = re.compile(r"(?!.*[0-9]{12})[A-Za-z0-9_.-]{8,64}")
Next = Callable[[HttpRequest], HttpResponse]


def request_id(get_response: Next) -> Next:
    """A proxy's X-Request-ID, else one of ours, for the log and the answer: what is one stays one."""

    def answer(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        known = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        with answering(request, known):
            response = get_response(request)
        response.headers["X-Request-ID"] = known
        return response

    return answer


def session_limit(get_response: Next) -> Next:
    """End a session SESSION_ABSOLUTE_AGE seconds after its login, however busy it was since.

    One that is in use is saved anew every SESSION_REFRESH_AGE seconds; half an hour without any is its end.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            started = request.session.setdefault(STARTED, now)
            if now - started > settings.SESSION_ABSOLUTE_AGE:
                logout(request)
            elif now - request.session.get(REFRESHED, 0) >= settings.SESSION_REFRESH_AGE:
                request.session[REFRESHED] = now
        return get_response(request)

    return answer


def password_first(get_response: Next) -> Next:
    """In production: a password that somebody else typed (`create_officer`) is changed before anything."""

    def answer(request: HttpRequest) -> HttpResponse:
        if settings.PRODUCTION and getattr(request.user, "must_change_password", False):
            own = ("admin:password_change", "admin:logout", "set_language", "admin:jsi18n")
            if request.path not in {reverse(name) for name in own}:
                return HttpResponseRedirect(reverse("admin:password_change"))
        return get_response(request)

    return answer


def known_device(get_response: Next) -> Next:
    """A browser in which somebody is logged in is known from then on: nobody else locks that person out."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        # A calendar program that sends a session along leaves with no cookie.
        if request.path.startswith(reverse("admin:index")):
            keep_device(request, response)
        return response

    return answer


def one_clock_reading(get_response: Next) -> Next:
    """All that a page says and does is of one moment, whatever number of rows ask for it."""

    def answer(request: HttpRequest) -> HttpResponse:
        with clock.read_once():
            return get_response(request)

    return answer


def no_store(get_response: Next) -> Next:
    """Keep pages out of the browser's cache: several people share one computer."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    return answer
