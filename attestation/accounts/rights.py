"""The rights of an account: role, centre, own staff record, whether it is active.

They are written as codes and keys: the centre by its BIN, the staff record by its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attestation import access
from attestation.by import By
from attestation.labels import Label
from attestation.models import Center, Employee, Role, User
from attestation.refusals import Refused

Data = Mapping[str, Any]
NAMES: dict[str, Label] = {
    "role": gettext_lazy("role"),
    "center": gettext_lazy("centre"),
    "employee": gettext_lazy("own staff record"),
    "is_active": gettext_lazy("active"),
}
FIELDS = tuple(NAMES)
# Whose account one administrator alone does not reset, and who needs a second factor.
GUARDED = frozenset({Role.ADMINISTRATOR, *access.COMMISSION})


def locked(account: User) -> User:
    """The account as it is now, locked until the act commits."""
    rows = User.objects.select_for_update(of=("self",)).select_related("center", "employee")
    return rows.get(pk=account.pk)


def rights_of(account: User) -> dict[str, Any]:
    """What the account has."""
    return {
        "role": str(account.role),
        "center": account.center.bin if account.center else None,
        "employee": account.employee_id,
        "is_active": account.is_active,
    }


def require_another(account: User, user: User) -> None:
    """Nobody gives or takes rights of their own; a superuser's are a superuser's to change. Or Refused."""
    if account.pk == user.pk:
        raise Refused(
            "own_rights",
            gettext_lazy("Nobody changes the rights or the seat of their own account. Ask a colleague."),
        )
    if account.is_superuser and not user.is_superuser:
        raise Refused(
            "superuser",
            gettext_lazy("%(user)s was made on the server as a superuser, and is changed there."),
            user=str(account),
        )


def check(account: User, wanted: Data) -> None:
    """Whether the account can have these rights. Raises Refused."""
    has = rights_of(account)
    if all(has[name] == wanted[name] for name in FIELDS):
        raise Refused("nothing_changes", gettext_lazy("The account has these rights already."))
    if wanted["role"] and wanted["role"] not in Role.values:
        raise Refused("unknown_role", gettext_lazy("There is no such role. Choose one of the list."))
    if wanted["role"] == Role.HR and wanted["center"] is None:
        raise Refused("center_missing", gettext_lazy("An HR officer works for a centre. Choose it."))
    if any(has[name] != wanted[name] for name in ("role", "center", "employee")):
        access.require_free_of_sittings(account)


def apply(account: User, wanted: Data, by: By) -> None:
    """Give the account these rights; the caller has the lock, the check and the journal."""
    if account.is_active != wanted["is_active"]:
        account.session_epoch += 1  # F-A8: its sessions are over, also where it is opened again
    account.role, account.is_active = wanted["role"], wanted["is_active"]
    account.center = Center.objects.get(bin=wanted["center"]) if wanted["center"] else None
    account.employee = Employee.objects.get(pk=wanted["employee"]) if wanted["employee"] else None
    account.save(update_fields=(*FIELDS, "session_epoch"))


def lines(was: Data, wanted: Data) -> list[tuple[str, str, str]]:
    """What changes, in words: its name, what it was, what it will be."""
    return [
        (str(NAMES[name]), _word(name, was[name]), _word(name, wanted[name]))
        for name in FIELDS
        if was[name] != wanted[name]
    ]


def _word(name: str, value: Any) -> str:
    if name == "is_active":
        return _("yes") if value else _("no")
    if not value:
        return "–"
    if name == "role":
        return str(Role(value).label)
    if name == "center":
        return center_word(value)
    return str(Employee.objects.filter(pk=value).first() or f"№ {value}")


def center_word(bin_: str) -> str:
    """A centre by its BIN, as people call it."""
    return str(Center.objects.filter(bin=bin_).first() or bin_)
