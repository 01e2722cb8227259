"""The browser keeps what is typed (static/attestation/drafts.js) until the server says that it was taken."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "taken"
COOKIE_AGE = 60 * 60  # seconds; the next page reads it and removes it


def taken(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Add the cookie that lets the browser forget what it kept of the form at this address.

    Returns the response. Without the cookie the text stays kept: it is shown again, never lost.
    """
    response.set_cookie(
        COOKIE,
        quote(request.get_full_path(), safe=""),
        max_age=COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response
