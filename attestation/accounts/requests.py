"""What needs a second administrator: rights and seats are asked for, then confirmed by another one. Ours.

Where nobody else could confirm it, a request takes effect by itself after 24 hours; the owner of the account
and the auditors are told at once and can stop it. Taking rights away is done at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, work
from attestation.accounts import credentials, rights, second_factor
from attestation.by import By
from attestation.labels import Label
from attestation.models import AccountRequest, Role, User
from attestation.notices import outbox
from attestation.notices.kinds import Kind
from attestation.refusals import Refused
from attestation.texts import required_text

ALONE = timedelta(hours=24)
TAKEN = ("role", "access")
State = AccountRequest.State
Data = Mapping[str, Any]


@dataclass(frozen=True)
class RequestKind:
    """A kind of request: `check` refuses it, `apply` does it, `lines` say it (what, before, after)."""

    title: Label
    check: Callable[[User, Data, datetime], None]
    apply: Callable[[User, Data, By], None]
    lines: Callable[[Data, Data], list[tuple[str, str, str]]]
    # What the journal keeps of what is wanted.
    told: Callable[[Data], Data] = dict


KINDS: dict[str, RequestKind] = {
    "role": RequestKind(
        _("change of rights"),
        lambda account, wanted, at: rights.check(account, wanted),
        rights.apply,
        rights.lines,
    ),
    "link": RequestKind(
        _("link to set the password"),
        lambda account, wanted, at: credentials.check_link(account, at),
        lambda account, wanted, by: credentials.send_link(account, by=by, of_two=True),
        lambda was, wanted: [(str(_("password")), "–", str(_("a link is sent to the owner's address")))],
    ),
    "address": RequestKind(
        _("another e-mail address"),
        lambda account, wanted, at: credentials.check_address(account, wanted["email"]),
        lambda account, wanted, by: credentials.set_address(account, wanted["email"], by=by),
        lambda was, wanted: [(str(_("e-mail address")), "–", wanted["email"])],
        told=lambda wanted: {"email": credentials.masked(wanted["email"])},
    ),
    "second_factor": RequestKind(
        _("second factor taken away"),
        lambda account, wanted, at: second_factor.require_enrolled(account),
        lambda account, wanted, by: second_factor.forget_second_factor(account, by=by),
        lambda was, wanted: [(str(_("second factor")), str(_("set up")), "–")],
    ),
}


def register_kind(name: str, kind: RequestKind) -> None:
    """Let a sibling app say what else needs a second administrator."""
    KINDS[name] = kind


def lines_of(kind: str, was: Data, wanted: Data) -> list[tuple[str, str, str]]:
    """What changes: its name, what it was, what it will be; nothing of a kind that is not known here."""
    return KINDS[kind].lines(was, wanted) if kind in KINDS else []


@transaction.atomic
def ask_for(kind: str, account: User, payload: Data, *, reason: str, by: By) -> AccountRequest:
    """Ask for rights of another's account; the owner, the auditors and the other administrators are told.

    Raises Refused: the own account, a superuser's, a request that waits already, what can't be, no reason.
    """
    access.require(by.user, "change_rights")
    assert by.user is not None  # checked: never the system
    account = rights.locked(account)
    rights.require_another(account, by.user)
    _make_room(kind, account, by)
    KINDS[kind].check(account, payload, by.at)
    request = AccountRequest.objects.create(
        kind=kind,
        account=account,
        payload=dict(payload),
        was=rights.rights_of(account),
        reason=required_text(reason, _("Give the reason of the request.")),
        asked_by=by.user,
        asked_at=by.at,
        due_at=None if _confirmers(account, by.user).exists() else by.at + ALONE,
    )
    data = {**_data(request), "reason": request.reason, "due": request.due_at}
    journal.record("ask_account_request", by=by, subject=_subject(request), data=data)
    told = {"alone": request.due_at is not None}
    _tell(Kind.ACCOUNT_ASKED, request, _confirmers(account, by.user), by.at, told)
    return request


def _confirmers(account: User, asker: User) -> Any:
    """The administrators who can be the second person."""
    return User.objects.filter(outbox.ADMINISTRATORS, is_active=True).exclude(pk__in=(account.pk, asker.pk))


def _make_room(kind: str, account: User, by: By) -> None:
    """One request of a kind waits for an account; one that can't be confirmed any more makes room."""
    waits = AccountRequest.objects.select_for_update(of=("self",)).open().filter(kind=kind, account=account)
    for request in waits:
        if _is_as_asked(request, account, by.at):
            raise Refused(
                "request_waits",
                _("Request %(request)s about %(user)s is open already. Have it confirmed or stop it first."),
                request=str(request),
                user=str(account),
            )
        _expire(request, by.at)


def require_confirmable(request: AccountRequest, user: User | None) -> None:
    """Refuse whoever is not the second person. Raises Refused."""
    access.require(user, "change_rights")
    _require_open(request)
    if user is not None and user.pk in (request.asked_by_id, request.account_id):
        raise Refused(
            "second_person_needed",
            _("Request %(request)s: whoever asked and whoever it is about do not confirm it. Another does."),
            request=str(request),
        )


def _require_open(request: AccountRequest) -> None:
    if request.state != State.OPEN:
        raise Refused(
            "settled_already",
            _("Request %(request)s is settled already: %(state)s."),
            request=str(request),
            state=request.get_state_display(),
        )


def _is_as_asked(request: AccountRequest, account: User, now: datetime) -> bool:
    """Whether it stands still: not too old, the asker an administrator, the account as it was."""
    asker = access.role_of(User.objects.get(pk=request.asked_by_id)) == Role.ADMINISTRATOR
    return asker and not request.is_over(now) and rights.rights_of(account) == request.was


@transaction.atomic
def confirm_request(request: AccountRequest, *, by: By) -> AccountRequest:
    """The second administrator confirms, and it takes effect.

    Raises Refused: settled already, by the asker or the owner, changed since it was asked.
    """
    account = rights.locked(request.account)
    request = _locked(request)
    # As the confirmer is now, not as the session was begun.
    confirmer = User.objects.get(pk=by.user.pk) if by.user else None
    require_confirmable(request, confirmer)
    if not _is_as_asked(request, account, by.at):
        raise Refused(
            "changed_since_asked",
            _(
                "Request %(request)s can't be confirmed any more: it is older than 7 days, its author is no "
                "administrator now, or the account was changed meanwhile. Ask again."
            ),
            request=str(request),
        )
    _carry_out(request, account, by)
    _settle(request, State.CONFIRMED, by)
    journal.record("confirm_account_request", by=by, subject=_subject(request), data=_data(request))
    _tell(Kind.ACCOUNT_SETTLED, request, [request.asked_by], by.at, {"outcome_code": request.state})
    return request


def _carry_out(request: AccountRequest, account: User, by: By) -> None:
    kind = KINDS[request.kind]
    kind.check(account, request.payload, by.at)
    kind.apply(account, request.payload, by)


@transaction.atomic
def stop_request(request: AccountRequest, *, by: By, reason: str) -> AccountRequest:
    """The owner, an auditor or an administrator stops it; it never takes effect.

    Raises Refused: settled already, somebody else's, no reason.
    """
    request = _locked(request)
    access.require(by.user, "stop_account_request")
    require_stoppable(request, by.user)
    request.settled_reason = required_text(reason, _("Give the reason of the stop."))
    _settle(request, State.STOPPED, by)
    data = {**_data(request), "reason": request.settled_reason}
    journal.record("stop_account_request", by=by, subject=_subject(request), data=data)
    _tell(Kind.ACCOUNT_SETTLED, request, [request.asked_by], by.at, {"outcome_code": request.state})
    return request


def require_stoppable(request: AccountRequest, user: User | None) -> None:
    """Refuse whoever is neither the owner nor of the administration. Raises Refused."""
    _require_open(request)
    of_administration = access.role_of(user) in (Role.ADMINISTRATOR, Role.AUDITOR)
    if not of_administration and (user is None or user.pk != request.account_id):
        raise Refused("not_found", _("There is no such record among those in your sight."))


def settle_due_requests(*, now: datetime) -> int:
    """Give what a lone administrator asked 24 hours ago and nobody stopped; close what is a week old."""
    due = work.each(AccountRequest.objects.due(now), _settle_due, now=now, act="settle_account_request")
    old = AccountRequest.objects.too_old(now)
    return due + work.each(old, _settle_old, now=now, act="expire_account_request")


def _settle_due(request: AccountRequest, now: datetime) -> bool:
    account, by = rights.locked(request.account), By(None, now)
    as_of_due = request.due_at or now
    if request.state != State.OPEN:
        return False
    # Its moment had come within the week, however late the sweep is.
    if not _is_as_asked(request, account, as_of_due):
        return _settle_old(request, now)
    _carry_out(request, account, by)
    _settle(request, State.DONE, by)
    journal.record("done_account_request", by=by, subject=_subject(request), data=_data(request))
    _tell(Kind.ACCOUNT_SETTLED, request, [request.asked_by], now, {"outcome_code": request.state})
    return True


def _settle_old(request: AccountRequest, now: datetime) -> bool:
    if request.state != State.OPEN:
        return False
    _expire(request, now)
    return True


def _expire(request: AccountRequest, now: datetime) -> None:
    _settle(request, State.EXPIRED, By(None, now))
    journal.record("expire_account_request", by=By(None, now), subject=_subject(request), data=_data(request))
    _tell(Kind.ACCOUNT_SETTLED, request, [request.asked_by], now, {"outcome_code": request.state})


@transaction.atomic
def take_rights(account: User, taken: str, *, reason: str, by: By) -> User:
    """Take the role away (`role`) or close the account (`access`), at once. Raises Refused.

    The owner and the auditors are told. What is taken is given back only upon a request.
    """
    access.require(by.user, "change_rights")
    assert by.user is not None  # checked: never the system
    account = rights.locked(account)
    rights.require_another(account, by.user)
    was = rights.rights_of(account)
    if taken not in TAKEN or not (was["role"] if taken == "role" else was["is_active"]):
        raise Refused("nothing_to_take", _("The account has nothing of this to be taken away."))
    wanted = was | ({"role": ""} if taken == "role" else {"is_active": False})
    rights.check(account, wanted)
    rights.apply(account, wanted, by)
    why = required_text(reason, _("Give the reason."))
    data = {"kind": "role", "account": account.username, "was": was, "wanted": wanted, "reason": why}
    entry = journal.record("take_rights", by=by, subject=work.subject_of(User, account.pk), data=data)
    tell_owner_and_auditors(
        Kind.ACCOUNT_RIGHTS_TAKEN,
        account,
        (),
        now=by.at,
        key=f"entry:{entry.seq}",
        context={"taken": taken},
    )
    return account


def _locked(request: AccountRequest) -> AccountRequest:
    rows = AccountRequest.objects.select_for_update(of=("self",)).select_related("account", "asked_by")
    return rows.get(pk=request.pk)


def _settle(request: AccountRequest, state: str, by: By) -> None:
    request.state, request.settled_by, request.settled_at = state, by.user, by.at
    request.save(update_fields=["state", "settled_by", "settled_at", "settled_reason"])


def _subject(request: AccountRequest) -> str:
    return f"accountrequest:{request.pk}"


def _data(request: AccountRequest) -> dict[str, Any]:
    return {
        "request": request.pk,
        "kind": request.kind,
        "account": request.account.username,
        "was": request.was,
        "wanted": KINDS[request.kind].told(request.payload),
    }


def _tell(kind: Kind, request: AccountRequest, others: Any, now: datetime, told: Data) -> None:
    """Tell the owner, the auditors and these others, each at once."""
    key = f"request:{request.pk}:{request.state}"
    context = {"account_request": request.pk, **told}
    tell_owner_and_auditors(kind, request.account, others, now=now, key=key, context=context)


def tell_owner_and_auditors(
    kind: Kind, account: User, others: Any, *, now: datetime, key: str, context: Data
) -> None:
    """Queue a notice to the owner of the account, the auditors and these others.

    An owner who can't log in is written to at the address of the account.
    """
    auditors = User.objects.filter(role=Role.AUDITOR, is_active=True)
    users = {user.pk: user for user in (*auditors, *others) if user.pk != account.pk}
    outbox.queue_to_users(kind, users.values(), now=now, key=key, context=context)
    own = {**context, "own": True}
    if access.role_of(account):
        outbox.queue_to_users(kind, [account], now=now, key=key, context=own)
    elif account.email:
        outbox.queue_to_address(kind, account.email, now=now, key=key, context=own)
