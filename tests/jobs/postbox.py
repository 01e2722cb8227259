"""A real mail server on this machine, for the tests of delivery."""

import asyncio
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller

from attestation.models import Employee, Notice
from attestation.notices import outbox
from tests.jobs.story import LISTED as NOW


class Postbox:
    """A mail server's handler that keeps what it accepts; refuses addresses that begin with "refused".

    `answers`: what it says to the text of the next letters, one after the other; then "250 OK" again.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: list[str] = []
        self.silent_s = 0.0

    async def handle_RCPT(
        self, server: object, session: object, envelope: object, address: str, options: object
    ) -> str:
        if address.startswith("refused"):
            return "550 no such box"
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]  # aiosmtpd has no types
        return "250 OK"

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        await asyncio.sleep(self.silent_s)
        if self.answers and (answer := self.answers.pop(0)):
            return answer
        letter = message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[attr-defined]
        self.letters.append(letter)  # type: ignore[arg-type]
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def postbox(settings: pytest.FixtureRequest) -> Iterator[Postbox]:
    """A real SMTP server on this machine, and the settings that lead to it."""
    box, port = Postbox(), free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port  # type: ignore[attr-defined]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box
    server.stop()


def row_to(employee: Employee, key: str = "1", kind: str = "listed") -> Notice:
    outbox.queue(kind, key=key, now=NOW, employee=employee)
    return Notice.objects.get(key=f"{kind}:{key}:e{employee.pk}")
