"""Log lines: one JSON object each, without anybody's identification number."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

MASK = "************"
# What follows is a key: who has the address of a calendar feed reads the calendar, who has a link to set a
# password sets it.
KEY = re.compile(r"(/feed/|/password/)[^\s\"'?#]+", re.IGNORECASE)
# Celery logs a task's seconds with up to 18 decimals. Cut to three, so that no identifier gets through
# even where one is glued to the number of a list.
DECIMALS = re.compile(r"(?<![\w.])(\d{1,8}\.\d{3})\d{9,}+(?!\.\d)")


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
    """One line a record: at, level, logger, message and, where there is one, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Mask after the whole line is built, so that arguments and tracebacks are covered as well."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
