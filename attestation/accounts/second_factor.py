"""The second factor: a code that changes every 30 seconds, from a device of the owner's (RFC 6238)."""

from __future__ import annotations

from base64 import b32encode
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from attestation import access, journal
from attestation.accounts.rights import GUARDED
from attestation.by import By
from attestation.models import User
from attestation.notices import outbox
from attestation.notices.kinds import Kind
from attestation.refusals import Refused
from attestation.work import subject_of

REQUIRED, OFFERED = "required", "offered"
ISSUER = "Attestation"


def is_enrolled(user: User) -> bool:
    """Whether the account's codes are asked for."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def require_enrolled(user: User) -> None:
    """Raises Refused where no codes are asked for."""
    if not is_enrolled(user):
        raise Refused("no_second_factor", _("This account has no second factor."))


def must_enrol(user: User) -> bool:
    """Whether the account must have a second factor and has none."""
    required = settings.SECOND_FACTOR == REQUIRED and access.role_of(user) in GUARDED
    return required and not is_enrolled(user)


@transaction.atomic
def code_fits(user: User, code: str) -> bool:
    """Whether it is the code of now; true once for each code. Counting the tries is the caller's."""
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
    return device is not None and _is_code(code) and bool(device.verify_token(code))


def _is_code(text: str) -> bool:
    return len(text) == 6 and text.isascii() and text.isdigit()


def new_device(user: User, key: str = "") -> TOTPDevice:
    """A device that is on record only when a code of it is given; `key` makes the same one again."""
    return TOTPDevice(user=user, name="TOTP", confirmed=True, **({"key": key} if key else {}))


def secret_of(device: TOTPDevice) -> str:
    """The secret as it is typed into an app, in groups of four."""
    text = b32encode(device.bin_key).decode()
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def picture_of(device: TOTPDevice) -> str:
    """The secret as an app reads it with a camera: an SVG in a data: address."""
    label = quote(f"{ISSUER}:{device.user.get_username()}")
    asked = urlencode({"secret": b32encode(device.bin_key).decode(), "issuer": ISSUER})
    return str(segno.make(f"otpauth://totp/{label}?{asked}", error="m").svg_data_uri(scale=5, border=3))


@transaction.atomic
def enrol(device: TOTPDevice, code: str, *, by: By) -> None:
    """Let the new device be its account's one, by its first code. Raises Refused."""
    user = device.user
    if by.user is None or by.user.pk != user.pk:
        raise Refused("not_yours", _("Only the owner of an account sets up its second factor."))
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    old = TOTPDevice.objects.filter(user=user)
    again, replaced = old.filter(key=device.key).exists(), old.delete()[0] > 0
    # It is saved where the code fits; a refusal takes all of it back.
    if again or not _is_code(code) or not device.verify_token(code):
        raise Refused("wrong_code", _("This code is not the one of now. Wait for the next one and type it."))
    data = {"account": user.username, "replaced": replaced}
    journal.record("enrol_second_factor", by=by, subject=subject_of(User, user.pk), data=data)


@transaction.atomic
def forget_second_factor(account: User, *, by: By) -> None:
    """Take away the second factor of another's account and end its sessions; the owner is told.

    Two administrators ask for it (`accounts.requests`); no page calls this alone. Raises Refused.
    """
    access.require(by.user, "edit_accounts")
    if by.user is not None and by.user.pk == account.pk:
        raise Refused(
            "own_account", _("Nobody takes away their own second factor. Ask another administrator.")
        )
    require_enrolled(account)
    TOTPDevice.objects.filter(user=account).delete()
    User.objects.filter(pk=account.pk).update(session_epoch=F("session_epoch") + 1)
    entry = journal.record(
        "forget_second_factor",
        by=by,
        subject=subject_of(User, account.pk),
        data={"account": account.username},
    )
    outbox.queue_to_users(Kind.SECOND_FACTOR_FORGOTTEN, [account], now=by.at, key=f"{entry.seq}")
