"""A real mail server in a process of its own, which keeps what it accepted before it says so."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import shutil
import signal
import socket
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from tests.faults.crash_points import process_of_its_own


class Spool:
    """Appends a line for each letter: its Message-ID, and a digest of recipient, subject and text."""

    def __init__(self, place: Path) -> None:
        self._file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        said = [*envelope.rcpt_tos, str(letter["Subject"]), str(letter.get_content())]  # type: ignore[attr-defined]
        line = [str(letter["Message-ID"]), hashlib.sha256("\n".join(said).encode()).hexdigest()]
        os.write(self._file, f"{json.dumps(line)}\n".encode())
        return "250 OK"


@dataclass
class Post:
    """Where the server listens and what it has accepted since the last `empty`."""

    port: int
    place: Path
    pid: int

    @property
    def media(self) -> Path:
        """Where the processes that send here keep their papers."""
        return self.place.with_suffix(".media")

    def accepted(self) -> list[tuple[str, str]]:
        """(Message-ID, digest) in order."""
        return [tuple(json.loads(line)) for line in self.place.read_text().splitlines()]

    def empty(self) -> None:
        """Forget the letters and the papers of the point before."""
        os.truncate(self.place, 0)
        shutil.rmtree(self.media, ignore_errors=True)

    def stop(self) -> None:
        """End the server that `start` began."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def start(folder: Path, name: str) -> Post:
    """Begin to listen; the port is bound before the process is there, so that nobody is turned away."""
    # With the protocol named, asyncio answers at once, instead of waiting 40 ms for more to send.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(50)
    place = folder / f"{name}.letters"
    place.touch(mode=0o600)
    pid = process_of_its_own()
    if pid == 0:
        try:
            _serve(listening, place)
        finally:
            os._exit(70)
    port = int(listening.getsockname()[1])
    listening.close()
    return Post(port, place, pid)


def _serve(listening: socket.socket, place: Path) -> None:
    logging.disable(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    spool = Spool(place)
    loop.run_until_complete(
        loop.create_server(lambda: SMTP(spool, hostname="post.example", loop=loop), sock=listening)
    )
    loop.run_forever()
