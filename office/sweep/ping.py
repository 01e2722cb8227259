"""A dead man's switch: an address of the ministry's own monitoring, asked for after each finished sweep.

It is not asked for while no letter leaves or the disk is full: then the calls that stay away are the only
word that can still go out.
"""

from __future__ import annotations

import logging
from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
)

from django.conf import settings

from office.health.leans_on import disk_line, mail_line
from office.health.line import BAD
from office.sweep.sweep import Summary

log = logging.getLogger(__name__)

TIMEOUT_S = 5


def ping_after(summary: Summary) -> bool:
    """Call the address once the sweep is on record; whether it answered. A call that fails breaks nothing."""
    if not settings.HEALTH_PING_URL or not summary.ran:
        return False
    if failing := [line.key for line in (mail_line(), disk_line()) if line.tone == BAD]:
        log.warning("no ping: %s", ", ".join(failing))
        return False
    try:
        # The address is a secret of the monitoring: the log names the error alone.
        if urlsplit(settings.HEALTH_PING_URL).scheme not in ("http", "https"):
            raise ValueError("neither http nor https")
        with _opener().open(settings.HEALTH_PING_URL, timeout=TIMEOUT_S):
            return True
    except (OSError, HTTPException, ValueError) as error:
        log.warning("the ping after the sweep failed: %s", type(error).__name__)
        return False


def _opener() -> OpenerDirector:
    """http and https alone, without following a redirect to anything else."""
    opener = OpenerDirector()
    for handler in (ProxyHandler, HTTPHandler, HTTPSHandler, HTTPDefaultErrorHandler, HTTPErrorProcessor):
        opener.add_handler(handler())
    return opener
