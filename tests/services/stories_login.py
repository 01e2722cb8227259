"""Stories of the table of services: who logs in, with what, from where."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from attestation.accounts import second_factor, sessions, tries
from attestation.by import By
from attestation.models import User
from attestation.refusals import Refused
from tests.services.cast import Office
from tests.services.playing import Stage
from tests.services.stories_rest import NOON, SECRET


def request_of(user: User | None = None) -> HttpRequest:
    """From a browser that nobody knows; with `user`, of whoever is logged in there."""
    request = RequestFactory().post("/")
    request.session, request.user = SessionStore(), user or AnonymousUser()
    return request


def code_of(device: TOTPDevice) -> str:
    """What the telephone shows now."""
    shown = TOTP(device.bin_key)
    shown.time = time.time()
    return f"{shown.token():06}"


def a_login(stage: Stage) -> None:
    """Wrong words until the account is locked, unlocked, logged in, logged out; sessions ended."""
    office = Office()
    owner, boss = office.hr, office.boss
    owner.set_password(SECRET)
    owner.save()
    name, at = owner.username, {"now": NOON}
    stage.play(tries.log_in_fits, request_of(), name, "wrong", **at, case="a wrong password")
    stage.play(tries.log_in_fits, request_of(), name, SECRET, **at)
    for minute in range(1, 9):
        tries.log_in_fits(request_of(), name, "wrong", now=NOON + timedelta(minutes=minute))
    late = {"now": NOON + timedelta(minutes=9)}

    def once_too_often() -> None:
        with pytest.raises(Refused, match="Too many"):
            tries.log_in_fits(request_of(), name, SECRET, **late)

    stage.play(once_too_often, name="attestation.accounts.tries.log_in_fits", case="locked", twice=False)
    assert tries.is_locked(owner, **late)
    stage.play(tries.unlock, owner, by=By(boss, late["now"]))
    stage.play(sessions.log_in, request_of(), owner, **at, twice=False)
    here = request_of(owner)
    stage.play(sessions.end_others, here, by=By(owner, NOON), twice=False)
    stage.play(sessions.log_out, here, **at, twice=False)
    stage.play(sessions.end_sessions, owner, by=By(boss, NOON), twice=False)
    stage.play(tries.forget_tries, now=NOON + timedelta(days=91))


def a_second_factor(stage: Stage) -> None:
    """Set up by its first code, asked for, taken away by another's confirmation."""
    office = Office()
    owner, own = office.hr, {"by": By(office.hr, NOON)}
    device = second_factor.new_device(owner)
    stage.play(second_factor.enrol, device, code_of(device), **own)
    stage.play(second_factor.forget_second_factor, owner, by=By(office.boss, NOON))
