"""`manage.py create_officer`: an account with a role, and a seat in the commission where the role has one."""

from __future__ import annotations

import sys
from datetime import date, datetime
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeals.services.commission import appoint, free_seat
from attestation import access, journal
from attestation.accounts.usernames import check_free
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import center_of, day_of
from attestation.models import Role, User
from attestation.notices import outbox
from attestation.notices.kinds import Kind
from attestation.refusals import Refused

TO_CENTER = (Role.HR, *sorted(access.COMMISSION))


class Command(ActingCommand):
    """One account; the password is asked for twice, or read as one line from standard input."""

    help = "Create an account with a role; commission roles are appointed at once."
    as_user = ""

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("new_username", metavar="USERNAME", help="The name to log in with.")
        parser.add_argument("--role", required=True, choices=Role.values, help="What the account may do.")
        parser.add_argument("--center", metavar="BIN", help="The officer's centre; that of the commission.")
        parser.add_argument(
            "--from", dest="from_day", metavar="DATE", help="Appointed from this day (default: today)."
        )

    def act(self, *, by: By, **options: Any) -> Report:
        username, role = options["new_username"], Role(options["role"])
        center = center_of(options["center"], by.user) if options["center"] else None
        from_day = day_of(options["from_day"]) if options["from_day"] else None
        user = User(username=username, role=role, center=center, is_staff=True)
        check_account(user, from_day)
        user.set_password(checked_password(read_password(username), user))
        create_account(user, from_day or local_day(by.at), now=by.at)
        data = {"username": username, "role": role.value, "center": center.bin if center else None}
        text = _("Account “%(username)s” created: %(role)s.") % {"username": username, "role": role.label}
        return Report(data, text)


def check_account(user: User, from_day: date | None) -> None:
    """The role's needs, and a name nobody has. Raises Refused."""
    try:
        user.username_validator(user.username)
        if len(user.username) > 150:
            raise ValidationError("too long")
    except ValidationError as error:
        raise Refused(
            "bad_username",
            gettext_lazy("“%(username)s” is no user name: at most 150 letters, digits and @ . + - _."),
            username=user.username,
        ) from error
    check_free(user.username)
    if user.role == Role.HR and user.center is None:
        raise Refused("center_missing", gettext_lazy("An HR officer belongs to a centre: give --center BIN."))
    if user.center is not None and user.role not in TO_CENTER:
        raise Refused(
            "center_not_needed",
            gettext_lazy("The role “%(role)s” belongs to no centre. Leave out --center."),
            role=user.get_role_display(),
        )
    if from_day is not None and user.role not in access.COMMISSION:
        raise Refused(
            "no_seat",
            gettext_lazy("The role “%(role)s” has no seat in a commission. Leave out --from."),
            role=user.get_role_display(),
        )


def read_password(username: str) -> str:
    """Asked for twice at a terminal; else one line of standard input. Raises Refused."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass(_("Password for “%(username)s”: ") % {"username": username})
    if first != getpass(_("The same again: ")):
        raise Refused("passwords_differ", gettext_lazy("The two passwords differ. Start again."))
    return first


def checked_password(password: str, user: User) -> str:
    """The password, if it is good enough. Raises Refused saying what it lacks."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(
            "bad_password",
            gettext_lazy("This password is not taken: %(why)s Choose another one."),
            why=" ".join(error.messages),
        ) from error
    return password


@transaction.atomic
def create_account(user: User, from_day: date, *, now: datetime) -> None:
    """The account and, for a role of the commission, the seat: a second chair is the first one's deputy.

    Whoever types the password is not the owner: it is to be changed, and the auditors are told.
    """
    user.must_change_password = True
    user.save(force_insert=True)
    journal.record(
        "create_account",
        by=By(None, now),
        subject=user.username,
        data={"role": user.role, "center": user.center.bin if user.center else None},
    )
    outbox.queue_to_users(
        Kind.OFFICER_CREATED,
        User.objects.filter(role=Role.AUDITOR, is_active=True).exclude(pk=user.pk),
        now=now,
        key=str(user.pk),
        context={"username": user.username, "role": user.role},
    )
    if user.role in access.COMMISSION:
        seat = free_seat(user.role, user.center, from_day)
        appoint(user, seat, user.center, from_day, by=By(None, now))
