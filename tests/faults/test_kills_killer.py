"""A letter that came twice is excused by a kill of the process that had sent it, and by no other."""

import os
import random
import smtplib
from typing import Any

import pytest

from tests.faults.kills_killer import MARKED_WITHIN_S, Kill, Killer
from tests.faults.stack_mail import MailServer, Taken

FIRST, AGAIN = Taken("<1@x>", "a@x", 100.0, 7), Taken("<1@x>", "a@x", 160.0, 8)


def killer(*kills: Kill) -> Killer:
    stack: Any = None
    return Killer(stack, random.Random(1), (), list(kills))


@pytest.mark.parametrize(
    ("kill", "excused"),
    [
        (Kill(100.1, "worker", (6, 7)), True),
        (Kill(100.1, "worker, one child", (7,)), True),
        (Kill(100.1, "worker2", (9, 10)), False),
        (Kill(100.1, "web", (5,)), False),
        (Kill(100.1, "redis", (4,)), False),
        (Kill(161.0, "worker", (6, 7)), False),
        (Kill(98.0, "worker", (6, 7)), False),
        (Kill(100.0 + MARKED_WITHIN_S, "postgres", (3,)), True),
        (Kill(100.1, "postgres, one child", (2,)), True),
        (Kill(100.1 + MARKED_WITHIN_S, "postgres", (3,)), False),
    ],
)
def test_only_a_kill_of_its_sender_excuses_a_letter_sent_again(kill: Kill, excused: bool) -> None:
    assert killer(kill).excuses(FIRST, AGAIN) is excused


def test_a_sender_that_is_not_known_is_excused_by_nothing() -> None:
    unknown = FIRST._replace(sender=None)
    assert not killer(Kill(100.1, "worker", (6, 7))).excuses(unknown, AGAIN)


def test_the_mail_server_knows_which_process_sent_a_letter() -> None:
    with MailServer().running() as mail, smtplib.SMTP("127.0.0.1", mail.port) as client:
        client.sendmail("me@x.example", ["you@x.example"], "Message-ID: <1@x>\r\n\r\nGood day.\r\n")
    assert [(one.key, one.to, one.sender) for one in mail.taken] == [("<1@x>", "you@x.example", os.getpid())]
