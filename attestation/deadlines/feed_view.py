"""/feed/<secret>.ics: what a calendar program reads. No session, no cookie; the address is the key."""

from __future__ import annotations

import hashlib
import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from attestation import clock
from attestation.auth import OfficeBackend
from attestation.deadlines.feeds import calendar_of, reader_of

log = logging.getLogger(__name__)


def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """GET alone. An address that is unknown, or was taken back: 404 and nothing else, for whatever reason."""
    # Whoever opens it in a browser is not logged in here, and gets no cookie: the session steps aside.
    del request.session
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    now = clock.now()
    user = reader_of(secret, now=now)
    if user is None or not OfficeBackend().user_can_authenticate(user):
        log.info("calendar feed: an address that opens nothing was asked for")
        return HttpResponse(status=404)
    body = calendar_of(user, settings.BASE_URL, now=now)
    etag = quote_etag(hashlib.sha256(body).hexdigest())
    headers = {
        "Cache-Control": "private, max-age=600",
        "Content-Disposition": 'inline; filename="deadlines.ics"',
        "ETag": etag,
        "X-Robots-Tag": "noindex",
    }
    answer = HttpResponse(body, "text/calendar; charset=utf-8", headers=headers)
    return get_conditional_response(request, etag=etag, response=answer) or answer
