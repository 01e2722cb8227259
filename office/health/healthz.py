"""The page a load balancer asks: does this process reach its database? And more for a monitor with a token.

Redis and the sweep are not asked: a node whose worker is late still takes acts, and all nodes share one
worker, so that taking nodes out for it would only close the office. The banner and the health page say it.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from attestation import access, clock
from attestation.models import Role
from office.health import health, metrics
from office.health.line import BAD, worst

log = logging.getLogger(__name__)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, else 503; why is told to administrators alone, the log has it.

    With `?full` and the token: all lines, and 503 also where one of them is bad.
    """
    full = "full" in request.GET
    if full and (refused := _without_token(request)):
        return refused
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        body: dict[str, Any] = {"status": "ok"}
        found = health.lines(clock.now()) if full or _is_administrator(request) else []
        if found:
            body["details"] = [line.as_data() for line in found]
    except (DatabaseError, InterfaceError):
        log.exception("healthz: the database does not answer")
        return JsonResponse({"status": "database"}, status=503)
    if not full:
        return JsonResponse(body)
    body["tone"] = worst(found)
    return JsonResponse(body, status=503 if body["tone"] == BAD else 200)


@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """`/metrics` for Prometheus, by the same token; counts and ages alone, no name and no IIN."""
    if refused := _without_token(request):
        return refused
    try:
        with translation.override(None):
            text = metrics.exposition(clock.now())
    except (DatabaseError, InterfaceError):
        log.exception("metrics: the database does not answer")
        return HttpResponse(status=503)
    return HttpResponse(text, content_type=metrics.CONTENT_TYPE)


def _is_administrator(request: HttpRequest) -> bool:
    return access.role_of(request.user) == Role.ADMINISTRATOR


def _without_token(request: HttpRequest) -> HttpResponse | None:
    """The refusal of whoever does not show HEALTH_TOKEN; without the setting there is no such page."""
    if not settings.HEALTH_TOKEN:
        raise Http404
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and constant_time_compare(token.strip(), settings.HEALTH_TOKEN):
        return None
    return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
