"""Log lines: one JSON object each, without anybody's identification number."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

MASK = "************"
# What follows is a key: who has the address of a calendar feed reads the calendar, who has a link to set a
# password sets it.
KEY = re.compile(r"(/feed/|/password/)[^\s\"'?#]+", re.IGNORECASE)
# Celery logs a task's seconds with up to 18 decimals. Cut to three, so that no identifier gets through
# even where one is glued to the number of a list.
DECIMALS = re.compile(r"(?<![\w.])(\d{1,8}\.\d{3})\d{9,}+(?!\.\d)")


@dataclass(frozen=True)
class AtWork:
    """What a line is written for: a request, or a task with its id."""

    id: str
    request: HttpRequest | None = None
    task: str = ""

    def fields(self) -> dict[str, str]:
        """For the line. The account is named once the page has asked for it: a log asks no database."""
        user = getattr(self.request, "_cached_user", None)
        name = user.get_username() if user is not None and user.is_authenticated else ""
        found = {"request": self.id, "user": masked(name), "task": self.task}
        return {key: value for key, value in found.items() if value}


_at_work: ContextVar[AtWork | None] = ContextVar("at_work", default=None)


@contextmanager
def answering(request: HttpRequest, request_id: str) -> Iterator[None]:
    """Lines until the answer are the request's, and so are those that carry it afterwards."""
    found = AtWork(request_id, request)
    request.at_work = found  # type: ignore[attr-defined]  # Django logs a refusal after the middleware
    token = _at_work.set(found)
    try:
        yield
    finally:
        _at_work.reset(token)


def begin_task(name: str, task_id: str) -> None:
    """Lines from now on are the task's."""
    _at_work.set(AtWork(task_id, task=name))


def end_task() -> None:
    """Lines from now on are the worker's own."""
    _at_work.set(None)


def masked(text: str) -> str:
    """Replace what could be an IIN or a BIN, and the key in an address; shorten long decimals."""
    return KEY.sub(rf"\g<1>{MASK}", re.sub(r"\d{12,}", MASK, DECIMALS.sub(r"\1", text)))


class MaskedFilter(logging.Filter):
    """For loggers whose handlers have a format of their own, such as the web server's access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the message's parts where they stand, before it is built."""
        if isinstance(record.args, dict):
            # In its place: gunicorn's mapping answers "-" for a header that was not sent.
            record.args.update({name: _masked_part(part) for name, part in record.args.items()})
        elif isinstance(record.args, tuple):
            record.args = tuple(map(_masked_part, record.args))
        record.msg = _masked_part(record.msg)
        return True


def _masked_part(part: Any) -> Any:
    return masked(part) if isinstance(part, str) else part


def mask_access_log() -> None:
    """Nothing personal and no key goes into gunicorn's own access log, wherever that is sent."""
    logger = logging.getLogger("gunicorn.access")
    if not any(isinstance(one, MaskedFilter) for one in logger.filters):
        logger.addFilter(MaskedFilter())


class TextLines(logging.Formatter):
    """For a person at a terminal (LOG_FORMAT=text)."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", "%H:%M:%S", style="{")

    def format(self, record: logging.LogRecord) -> str:
        """Mask the whole of it, traceback included."""
        return masked(super().format(record))


class JsonLines(logging.Formatter):
    """A line a record: at, level, logger, message; where known request, user, task, reference, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Mask after the whole line is built, so that arguments and tracebacks are covered as well."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        work = getattr(getattr(record, "request", None), "at_work", None) or _at_work.get()
        if work is not None:
            line |= work.fields()
        if reference := getattr(record, "reference", ""):
            line["reference"] = reference
        if record.exc_info:
            line["traceback"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
