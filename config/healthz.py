"""The page a load balancer asks: does this process reach its database?"""

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

log = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503; nothing about why is told to strangers, the log has it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("healthz: the database does not answer")
        return JsonResponse({"status": "database"}, status=503)
    return JsonResponse({"status": "ok"})
