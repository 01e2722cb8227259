"""The log of views: each reading of a person's record, each file that was taken, each reach out of sight.

Pages say what they read (`about`, `out_of_sight`); one middleware writes it down after the answer, and every
answer that is a file to be saved, whichever page gave it.
"""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from attestation import access, clock
from attestation.models import User, ViewEntry
from attestation.work import subject_of

NAME_MAX = 255
What = ViewEntry.What


def about(request: HttpRequest, obj: Model) -> None:
    """The page that is being answered shows this record; of people's records it is written down."""
    vars(request)["_record_read"] = obj


def out_of_sight(request: HttpRequest, model: type[Model], key: str) -> None:
    """Somebody asked for a record of this key that they do not see; one that does not exist is no reach."""
    rows = model._base_manager.all()
    try:
        found = rows.filter(pk=key).first()
    except (ValueError, TypeError, OverflowError):
        return  # no key at all
    if found is not None:
        vars(request)["_reached_for"] = found


def keep_log(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Write down what the answer showed."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        user = getattr(request, "user", None)
        if isinstance(user, User):
            write_down(request, response, user)
        return response

    return answer


def write_down(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """One line for the answer, where it is one to be written down."""
    read, reached = (vars(request).get(name) for name in ("_record_read", "_reached_for"))
    if reached is not None:
        _add(user, What.REFUSED, reached, "")
    elif response.status_code == 200 and (name := file_name(response)):
        _add(user, What.FILE, read, name)
    elif response.status_code == 200 and request.method == "GET" and read and employee_of(read):
        _add(user, What.PAGE, read, "")


def _add(user: User, what: What, obj: Model | None, file: str) -> None:
    ViewEntry.objects.create(
        at=clock.now(),
        user=user,
        what=what,
        subject=subject_of(type(obj), obj.pk) if obj is not None else "",
        file=file[:NAME_MAX],
        employee_id=employee_of(obj) if obj is not None else None,
    )


def file_name(response: HttpResponse) -> str:
    """Under which name the answer is to be saved; empty where it is to be shown."""
    header = response.headers.get("Content-Disposition", "")
    if not header.startswith("attachment"):
        return ""
    message = Message()
    message["Content-Disposition"] = header
    return message.get_filename("") or "attachment"


def employee_of(obj: Any) -> int | None:
    """The key of the employee whom the record is about."""
    for path in access.person_paths(type(obj)):
        *way, last = path.split("__")
        row = obj
        for step in way:
            row = getattr(row, step, None)
        key = getattr(row, "pk" if last == "pk" else f"{last}_id", None)
        if key is not None:
            return int(key)
    return None
