"""What the work leans on: the queue, the mail server, the disk."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.utils.translation import gettext as _

from attestation.notices import mail_server
from office.health.line import BAD, GOOD, WAIT, Line

REDIS_TIMEOUT_S = 0.5
MIB = 2**20
# Below the first nothing can be relied on to be written; the second is a few days' warning.
DISK_FULL = 256 * MIB
DISK_SHORT = 1024 * MIB


def redis_line() -> Line:
    """F-D6: the queue; nothing of worth is in it."""
    import redis  # here and not above: a command that asks nothing of it starts without it

    title = _("Redis")
    if not settings.REDIS_URL:
        return Line("redis", title, GOOD, _("not used here"))
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=REDIS_TIMEOUT_S, socket_timeout=REDIS_TIMEOUT_S
        ) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        state = _("does not answer (%(error)s)") % {"error": type(error).__name__}
        todo = _("Start it again. Nothing is lost: the database knows what is due, and the sweep catches up.")
        return Line("redis", title, BAD, state, None, todo)
    return Line("redis", title, GOOD, _("answers"))


def mail_line() -> Line:
    """F-D20: the mail server, as the last delivery found it; nobody logs in to it for this."""
    title, since = _("Mail server"), mail_server.away_since()
    if since is None:
        return Line("mail", title, GOOD, _("takes letters"))
    todo = _(
        "See whether the mail server of EMAIL_URL answers. It is asked every minute; all letters that wait "
        "leave as soon as it does."
    )
    return Line("mail", title, BAD, _("takes no letters"), since, todo)


def disk_line() -> Line:
    """F-D23: the room left where attachments lie, and in the embedded mode the database."""
    title = _("Disk")
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free
    except OSError as error:
        state = _("cannot be read (%(error)s)") % {"error": type(error).__name__}
        return Line("disk", title, BAD, state, None, _("See whether the folder of DATA_DIR is there."))
    tone = BAD if free < DISK_FULL else WAIT if free < DISK_SHORT else GOOD
    todo = "" if tone == GOOD else _("Make room: without it neither acts nor attachments are stored.")
    return Line("disk", title, tone, _("%(count)s MB free") % {"count": free // MIB}, None, todo)
