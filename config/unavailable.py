"""F-D23: what a person sees when the database or the disk gives out in the middle of a page.

Django rolls the transaction back before it asks for this page, and the next request gets a new connection
(CONN_HEALTH_CHECKS), so that nothing is half-written and nobody has to restart anything.
"""

from __future__ import annotations

import errno
import logging
import secrets
import sqlite3
import sys
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

log = logging.getLogger(__name__)

RETRY_AFTER_S = 60
# PostgreSQL calls it an internal error: a standby, or default_transaction_read_only.
READ_ONLY_SQLSTATE = "25006"
DISK = frozenset({errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO})


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`: 503 where waiting helps, else 500; the log has the reference too."""
    reference = secrets.token_hex(4).upper()
    error = sys.exc_info()[1]
    passing = gave_out(error)
    log.error(
        "%s, reference %s: %s %s",
        "unavailable" if passing else "error",
        reference,
        request.method,
        request.path,
        exc_info=error,
        extra={"reference": reference, "request": request},
    )
    response = _page(request, reference, passing=passing)
    # Django would log the same error once more, without the reference.
    response._has_been_logged = True  # type: ignore[attr-defined]  # what django.utils.log looks at
    return response


def _page(request: HttpRequest, reference: str, *, passing: bool) -> HttpResponse:
    own = getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE)
    context = {
        "reference": reference,
        "passing": passing,
        # A session is saved after the view: what the step wrote may be committed by then.
        "acted": request.method not in ("GET", "HEAD", "OPTIONS"),
        "where": where_it_shows(request.path),
        "languages": sorted(dict(settings.LANGUAGES), key=lambda code: code != own),
    }
    status = 503 if passing else 500
    headers = {"Retry-After": str(RETRY_AFTER_S)} if passing else {}
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"error": status, "reference": reference}, status=status, headers=headers)
    return HttpResponse(render_to_string("failed.html", context), status=status, headers=headers)


def where_it_shows(path: str) -> str:
    """The page on which the step sent to this address would show: the record's, else its list's; asks no
    database."""
    index = reverse("admin:index")
    if not path.startswith(index):
        return index if path == reverse("set_language") else path
    app, model, key, *_rest = [*path.removeprefix(index).split("/"), "", "", ""]
    try:
        found = reverse(f"admin:{app}_{model}_changelist")
    except NoReverseMatch:
        return index if path == reverse("admin:logout") else path
    return reverse(f"admin:{app}_{model}_change", args=(key,)) if key.isdecimal() else found


def gave_out(error: BaseException | None) -> bool:
    """Whether the database or the disk could not do it now, so that the same step may work in a while."""
    return any(_is_passing(one) for one in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from: a failed rollback hides the error that it was made for."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in DISK
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        # A generic error is a missing table or bad SQL: ours to mend, waiting does not help.
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return isinstance(error, OperationalError | InterfaceError) and code != sqlite3.SQLITE_ERROR
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error, InternalError) and getattr(cause, "sqlstate", None) == READ_ONLY_SQLSTATE
