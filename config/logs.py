"""Log lines: one JSON object each, without anybody's identification number."""

import json
import logging
import re
from datetime import UTC, datetime

MASK = "************"


def masked(text: str) -> str:
    """Replace each run of twelve digits or more: it could be an IIN or a BIN (0.123456789012 s could not)."""
    return re.sub(r"(?<!\d)(?<!\b0\.)\d{12,}", MASK, text)


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
