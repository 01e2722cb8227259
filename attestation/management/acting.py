"""What every command that acts on the record shares: who acts, at which moment, and how it answers.

A command subclasses ActingCommand and writes `add_own_arguments` and `act`; it never asks the clock itself.
Exit status: 0 done, 1 refused (CommandError). With --json exactly one JSON object goes to standard output;
whatever else prints meanwhile (the console mail backend, say) goes to standard error.
"""

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from attestation import clock, explain, journal
from attestation.by import By
from attestation.law.calendar import ALMATY
from attestation.law.refusals import RuleRefusal
from attestation.models import User
from attestation.refusals import Refused

__all__ = ["ActingCommand", "AtMixin", "Report", "acting_user", "parse_moment", "refusal_report"]


@dataclass(frozen=True)
class Report:
    """What a command answers: `data` for --json, `text` for people, `refused` for exit status 1."""

    data: dict[str, Any]
    text: str
    refused: bool = False


def refusal_report(code: str, sentence: str) -> Report:
    """The answer of a command that was refused as a whole."""
    return Report({"error": sentence, "code": code}, sentence, refused=True)


def parse_moment(text: str) -> datetime:
    """The instant that an ISO text names; without an offset it is meant in Asia/Almaty."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ALMATY)
        moment.astimezone(ALMATY)
    except (ValueError, OverflowError) as error:
        raise Refused(
            "bad_moment",
            _("“%(text)s” is no moment. Write it like 2026-02-05T17:40:00+05:00."),
            text=text,
        ) from error
    return moment


def acting_user(username: str | None) -> Any:
    """The user who acts; without a name the system itself (None), with an administrator's rights."""
    if not username:
        return None
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Refused(
            "unknown_user",
            _("There is no active user “%(username)s”. Check the name after --as."),
            username=username,
        )
    return user


class AtMixin:
    """`--at ISO-TIME` stands in for the clock, where the settings allow it."""

    stood_in: datetime | None = None

    def add_at_argument(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at",
            metavar="ISO-TIME",
            help="Act as if it were this moment (without offset: in Asia/Almaty). "
            "Refused unless DEBUG or ALLOW_TIME_TRAVEL is set.",
        )

    def moment(self, options: dict[str, Any]) -> datetime:
        """The moment to act at: that of --at, else the clock's."""
        text = options.get("at")
        if not text:
            return clock.now()
        if not (settings.DEBUG or getattr(settings, "ALLOW_TIME_TRAVEL", False)):
            raise Refused(
                "no_time_travel",
                _(
                    "--at stands in for the clock only where DEBUG or ALLOW_TIME_TRAVEL is set. "
                    "Leave it out to act at the present moment."
                ),
            )
        self.stood_in = parse_moment(text)
        return self.stood_in

    def journal_stand_in(self, actor: User | None, command: str) -> None:
        """Say in the journal that the clock was stood in for, and what it really showed."""
        if self.stood_in is not None:
            journal.record(
                "clock_stood_in",
                by=By(actor, self.stood_in),
                data={"command": command, "at": self.stood_in.isoformat(), "clock": clock.now().isoformat()},
            )


class ActingCommand(AtMixin, BaseCommand):
    """A command with --at, --json and, where `as_user` says so, --as.

    `as_user`: "optional" (without it the system acts), "required", or "" (no such option).
    `changes`: whether it changes the record at all; one that only reads takes no --at.
    """

    as_user = "optional"
    changes = True

    def add_arguments(self, parser: CommandParser) -> None:
        if self.changes:
            self.add_at_argument(parser)
        if self.as_user:
            parser.add_argument(
                "--as",
                dest="username",
                metavar="USERNAME",
                required=self.as_user == "required",
                help="Act as this user, with this user's rights; without it the system acts.",
            )
        parser.add_argument("--json", dest="as_json", action="store_true", help="Print one JSON object.")
        self.add_own_arguments(parser)

    def add_own_arguments(self, parser: CommandParser) -> None:
        """Arguments of the one command."""

    def act(self, *, by: By, **options: Any) -> Report:
        """Do the work; raise Refused or RuleRefusal to refuse all of it."""
        raise NotImplementedError

    def refused(self, code: str, sentence: str) -> Report:
        """The answer where the whole act is refused."""
        return refusal_report(code, sentence)

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = bool(options.pop("as_json", False))
        with self._quiet_stdout(as_json):
            report = self._report(options)
        self._answer(report, as_json)

    def _report(self, options: dict[str, Any]) -> Report:
        try:
            now = self.moment(options)
            actor = acting_user(options.pop("username", None))
        except Refused as refusal:
            return self.refused(refusal.code, refusal.message)
        options.pop("at", None)
        # Whoever is named is answered in their language.
        with translation.override(actor.language if actor else translation.get_language()):
            try:
                if not options.get("dry_run"):
                    self.journal_stand_in(actor, self.__module__.rpartition(".")[2])
                return self.act(by=By(actor, now), **options)
            except Refused as refusal:
                return self.refused(refusal.code, refusal.message)
            except RuleRefusal as refusal:
                return self.refused(refusal.code, str(explain.refusal_text(refusal)))

    def _answer(self, report: Report, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report.data, ensure_ascii=not self._speaks_unicode()))
        elif not report.refused:
            self.stdout.write(report.text)
        if report.refused:
            raise CommandError(report.text, returncode=1)

    def _speaks_unicode(self) -> bool:
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        return encoding.lower().replace("-", "").startswith("utf")

    @contextlib.contextmanager
    def _quiet_stdout(self, as_json: bool) -> Iterator[None]:
        if not as_json:
            yield
            return
        with contextlib.redirect_stdout(sys.stderr):
            yield
