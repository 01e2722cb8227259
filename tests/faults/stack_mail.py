"""A real mail server that keeps which letter was taken when, and which process had sent it."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller

from scripts.servers import free_port


class Taken(NamedTuple):
    """A letter that was taken: its Message-ID, its address, when, and by which process it was sent."""

    key: str
    to: str
    at: float
    sender: int | None


@dataclass
class MailServer:
    """A real SMTP server on a port of its own; keeps what it took."""

    port: int = field(default_factory=free_port)
    taken: list[Taken] = field(default_factory=list)
    # Called after the letter was read and before it is taken: what dies here dies in the middle of sending.
    before: Any = None
    # Seconds between "read" and "accepted".
    slow_s: float = 0.0

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        # Whoever says hello waits for the answer, so that its process is there to be found.
        session.host_name, session.sender = hostname, process_with_port(session.peer[1])
        return responses

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        import asyncio

        letter = message_from_bytes(envelope.content, policy=policy.default)
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        if self.before is not None:
            self.before(str(letter["Message-ID"]))
            return "451 the sender is gone"
        taken = Taken(str(letter["Message-ID"]), envelope.rcpt_tos[0], time.monotonic(), session.sender)
        self.taken.append(taken)
        return "250 taken"

    @contextlib.contextmanager
    def running(self) -> Iterator[MailServer]:
        """Listen on loopback until the block ends."""
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's, line by line
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()

    def times(self) -> Counter[tuple[str, str]]:
        """How often each letter was taken, by Message-ID and address."""
        return Counter((one.key, one.to) for one in self.taken)

    def repeats(self) -> int:
        """How many letters more than once."""
        return len(self.taken) - len(self.times())


def process_with_port(port: int) -> int | None:
    """The process at the other end of a connection from this port of the machine (Linux)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {row[9] for row in rows if int(row[1].split(":")[1], 16) == port}
    wanted = {f"socket:[{inode}]" for inode in inodes - {"0"}}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            for file in (process / "fd").iterdir():
                with contextlib.suppress(FileNotFoundError):
                    if os.readlink(file) in wanted:
                        return int(process.name)
    return None
