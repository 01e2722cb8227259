"""What the alarm says and to whom: the escalation address and the administrators, one letter each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attestation.labels import Label
from attestation.models import User
from attestation.notices.delivery import REFUSALS
from attestation.notices.letters import OF_AN_ADDRESS, message_id
from attestation.notices.outbox import ADMINISTRATORS
from attestation.notices.rule_sets import RuleSets
from office.health.health import machine
from office.health.line import BAD

log = logging.getLogger(__name__)

# A person's request has just been answered by this process; the next one waits for it.
TIMEOUT_S = 10
PARTS: dict[str, Label] = {
    "sweep": gettext_lazy("Sweep of deadlines"),
    "worker": gettext_lazy("Worker"),
    "beat": gettext_lazy("Scheduler (beat)"),
    "redis": gettext_lazy("Redis"),
    "mail": gettext_lazy("Mail server"),
    "disk": gettext_lazy("Disk"),
}
Text = Callable[[], tuple[str, str]]


def send_failing(since: datetime, now: datetime) -> bool:
    """What does not work, since when, what to do. Whether it left; else it is to be tried again."""
    return _send(f"alarm:{since.isoformat()}", lambda: _failing(now), now)


def send_working(parts: list[str], since: datetime, now: datetime) -> bool:
    """That all works again, and what did not. Whether it left."""
    return _send(f"works-again:{since.isoformat()}", lambda: _working(parts, since), now)


def _failing(now: datetime) -> tuple[str, str]:
    body = [_("These parts of the attestation system do not work:")]
    for line in machine(now):
        if line.tone == BAD:
            since = f" ({_moment(line.since)})" if line.since else ""
            body += [f"– {line.title}: {line.state}{since}", f"  {line.todo}"]
    return _("The attestation system does not work properly"), "\n".join(body)


def _working(parts: list[str], since: datetime) -> tuple[str, str]:
    body = _("All parts of the attestation system work again. Since %(since)s these did not: %(parts)s.") % {
        "since": _moment(since),
        "parts": ", ".join(str(PARTS[part]) for part in parts),
    }
    return _("The attestation system works again"), body


def _moment(at: datetime) -> str:
    return str(formats.date_format(timezone.localtime(at), "DATETIME_FORMAT"))


def _recipients(now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Addresses with the languages that are read there."""
    told: dict[str, tuple[str, ...]] = {
        account.email.strip(): (account.language,) for account in _administrators()
    }
    if address := RuleSets.read(now).in_force.escalation_address:
        told.setdefault(address, OF_AN_ADDRESS)
    yield from told.items()


def _administrators() -> Iterator[User]:
    yield from User.objects.filter(ADMINISTRATORS, is_active=True).exclude(email="").order_by("pk")


def _send(key: str, text: Text, now: datetime) -> bool:
    """To the mail server at once, past the outbox, which nobody may be emptying. Nobody to tell is told."""
    connection = get_connection(timeout=min(settings.EMAIL_TIMEOUT, TIMEOUT_S))
    recipients = list(_recipients(now))
    left = 0
    try:
        for address, languages in recipients:
            try:
                connection.send_messages([_letter(key, address, languages, text)])
                left += 1
            except REFUSALS as error:
                connection.close()
                log.error("alarm: the mail server refused a letter: %s", type(error).__name__)
    except OSError as error:
        log.error("alarm: no letter left: %s", type(error).__name__)
    finally:
        connection.close()
    if not recipients:
        log.error("alarm: there is nobody to write to")
    return bool(left) or not recipients


def _letter(key: str, address: str, languages: tuple[str, ...], text: Text) -> EmailMessage:
    subjects, bodies = [], []
    for language in languages:
        with translation.override(language):
            subject, body = text()
            page = f"{settings.BASE_URL}{reverse('admin:health')}"
            where = _("Health of the system")
        subjects.append(subject)
        bodies.append(f"{body}\n\n{where}: {page}\n")
    return EmailMessage(
        " / ".join(subjects),
        "\n\n".join(bodies),
        to=[address],
        headers={
            "Message-ID": message_id(f"{key}:{address}"),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
