"""The page a load balancer asks: does this process reach its database?

Redis and the sweep are not asked: a node whose worker is late still takes acts, and all nodes share one
worker, so that taking nodes out for it would only close the office. The banner and the health page say it.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse

from attestation import access, clock
from attestation.models import Role
from office.health import health

log = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503; why is told to administrators alone, the log has it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        body: dict[str, Any] = {"status": "ok"}
        if access.role_of(request.user) == Role.ADMINISTRATOR:
            body["details"] = [line.as_data() for line in health.lines(clock.now())]
    except (DatabaseError, InterfaceError):
        log.exception("healthz: the database does not answer")
        return JsonResponse({"status": "database"}, status=503)
    return JsonResponse(body)
