"""Passwords and addresses of accounts: the owner sets the one by a link, and hears where letters go."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal
from attestation.accounts.rights import GUARDED, locked
from attestation.by import By
from attestation.models import User
from attestation.notices import outbox
from attestation.notices.kinds import Kind
from attestation.refusals import Refused
from attestation.work import subject_of

# So long an address stands before a link goes to it: its owner has had the letter by then.
ADDRESS_STANDS = timedelta(days=7)
ADDRESS_LENGTH = 254
RIGHT = "edit_accounts"


def needs_second(account: User) -> bool:
    """Whether one administrator alone may not have the account's password or address set anew."""
    return account.is_superuser or account.role in GUARDED


def check_link(account: User, at: datetime) -> None:
    """Raises Refused where no link to set the password may go out."""
    if not account.is_active:
        raise Refused("account_closed", _("The account is closed: nobody logs in with it."))
    if not account.email:
        raise Refused("no_address", _("The account has no e-mail address: a link can't be sent."))
    if account.email_changed_at and at < account.email_changed_at + ADDRESS_STANDS:
        raise Refused(
            "address_too_new",
            _("The address was changed less than 7 days ago. A link can be sent from %(day)s."),
            day=f"{account.email_changed_at + ADDRESS_STANDS:%d.%m.%Y}",
        )


@transaction.atomic
def send_link(account: User, *, by: By, of_two: bool = False) -> None:
    """Send the owner a link to set the password; `of_two`: two administrators want it. Raises Refused."""
    access.require(by.user, RIGHT)
    account = locked(account)
    if needs_second(account) and not of_two:
        raise Refused(
            "needs_second_administrator",
            _("The password of a commission member or an administrator is set anew by two administrators."),
        )
    check_link(account, by.at)
    if outbox.queued_links(account).exists():
        raise Refused("link_on_its_way", _("A link to set the password is on its way to the owner already."))
    outbox.queue_to_users(
        Kind.PASSWORD_LINK,
        [account],
        now=by.at,
        key=f"{by.at:%Y%m%dT%H%M%S%f}",
        context={"username": account.username},
    )
    data = {"sent_to": masked(account.email)}
    journal.record("send_password_link", by=by, subject=subject_of(User, account.pk), data=data)


@transaction.atomic
def set_own_password(account: User, password: str, *, way: str, by: By) -> None:
    """The owner's new password, checked by the form; `way`: "link" or "old_password". Raises Refused.

    Every other session of the account ends with it, and so does a link.
    """
    if by.user is None or by.user.pk != account.pk:
        raise Refused("not_own_password", _("Nobody sets another's password."))
    if locked(account).password != account.password:
        raise Refused("changed_meanwhile", _("The password was changed meanwhile. Log in with it."))
    account.set_password(password)
    account.must_change_password = False
    account.save(update_fields=["password", "must_change_password"])
    journal.record("set_own_password", by=by, subject=subject_of(User, account.pk), data={"way": way})


@transaction.atomic
def change_own_address(account: User, email: str, password: str, *, by: By) -> None:
    """The owner's new address, with the password. Raises Refused."""
    if by.user is None or by.user.pk != account.pk:
        raise Refused("not_own_address", _("Here everybody changes their own address alone."))
    if not locked(account).check_password(password):
        raise Refused("wrong_password", _("The password is not right. Nothing was changed."))
    _change_address(account, email, by)


@transaction.atomic
def set_address(account: User, email: str, *, by: By) -> None:
    """The address of an account whose owner can't change it: two administrators want it. Raises Refused."""
    access.require(by.user, RIGHT)
    _change_address(account, email, by)


def check_address(account: User, email: str) -> None:
    """Raises Refused where letters of the account can't go there, or do already."""
    try:
        validate_email(email)
        if len(email) > ADDRESS_LENGTH:
            raise ValidationError("too long")
    except ValidationError as error:
        raise Refused("bad_address", _("“%(email)s” is no e-mail address."), email=email[:100]) from error
    if email.casefold() == account.email.casefold():
        raise Refused("same_address", _("This is the address of the account already."))


def masked(address: str) -> str:
    """An address so that its owner knows it again: the first letter and the host."""
    name, at, host = address.rpartition("@")
    return f"{name[:1]}…{at}{host}" if at else ""


def _change_address(account: User, email: str, by: By) -> None:
    """The old address is told; what waits for it is not sent to the new one."""
    account = locked(account)
    check_address(account, email)
    old, account.email, account.email_changed_at = account.email, email, by.at
    account.save(update_fields=["email", "email_changed_at"])
    outbox.supersede_links(account, now=by.at)
    said = {"username": account.username, "new_address": masked(email)}
    if old:
        key = f"{account.pk}-{by.at:%Y%m%dT%H%M%S%f}"
        outbox.queue_to_address(Kind.ADDRESS_CHANGED, old, now=by.at, key=key, context=said)
    data = {"old_address": masked(old), "new_address": masked(email)}
    journal.record("change_address", by=by, subject=subject_of(User, account.pk), data=data)
