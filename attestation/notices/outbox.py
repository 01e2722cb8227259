"""Put notices into the outbox and take those of a past event out of it again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from attestation import bulk
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.law.hearing import hearers
from attestation.models import Attestation, Center, Deadline, Employee, Notice, Role, User
from attestation.notices.contents import snapshot, snapshots
from attestation.notices.kinds import AT_ONCE, AUDIENCES, Kind, ToEmployee
from attestation.notices.reasons import Why, stamped
from attestation.notices.slots import way_to_account

KEY_LENGTH = 160
OF_A_CENTER = (Role.HR, Role.CHAIR, Role.SECRETARY)
# As `access.role_of` has it: a superuser without a role is an administrator.
ADMINISTRATORS = Q(role=Role.ADMINISTRATOR) | Q(role="", is_superuser=True)
MUST_REACH = [kind for kind, audience in AUDIENCES.items() if audience.employee is ToEmployee.MUST]


class Recipients:
    """I-37: who is told about a case of one of the centres, read by one query for all of them."""

    def __init__(self, centers: Iterable[Center]) -> None:
        chains = {center.pk: {center.pk, center.parent_id} - {None} for center in centers}
        ids = set().union(*chains.values())
        self._officers: dict[int, list[User]] = {pk: [] for pk in chains}
        self._commission: dict[int, list[User]] = {pk: [] for pk in chains}
        self._administrators: list[User] = []
        central: list[User] = []
        for user in self._accounts(ids):
            if user.role not in OF_A_CENTER:
                self._administrators.append(user)
                continue
            if user.role != Role.HR and user.center_id is None:
                central.append(user)
                continue
            sort = self._officers if user.role == Role.HR else self._commission
            for pk, chain in chains.items():
                if user.center_id in chain:
                    sort[pk].append(user)
        for pk, seats in self._commission.items():
            # A labour mobility centre without a commission of its own has the central one.
            self._commission[pk] = seats or central

    @staticmethod
    def _accounts(center_ids: set[Any]) -> Iterable[User]:
        seats = Q(role__in=(Role.CHAIR, Role.SECRETARY))
        return User.objects.filter(
            Q(role=Role.HR, center__in=center_ids)
            | (seats & (Q(center__in=center_ids) | Q(center__isnull=True)))
            | ADMINISTRATORS,
            is_active=True,
        ).order_by("pk")

    def users(self, kind: Kind, center: Center, about: Employee) -> list[User]:
        """The accounts that get this kind of notice about a case of the centre and this employee."""
        audience = AUDIENCES[kind]
        users = self._officers_for(center, about) if audience.officers else []
        return users + self._commission[center.pk] if audience.commission else users

    def _officers_for(self, center: Center, about: Employee) -> list[User]:
        """I-37: officers of the centre and of its parent; where none can act on the case, administrators."""
        return list(hearers(self._officers[center.pk], self._administrators, about.pk).accounts)


def queue(
    kind: str,
    *,
    now: datetime,
    key: str,
    attestation: Attestation | None = None,
    employee: Employee | None = None,
    deadline: Deadline | None = None,
    not_before: datetime | None = None,
    context: Mapping[str, Any] | None = None,
) -> int:
    """One row for each recipient, in the caller's transaction; the same key adds nothing a second time.

    The row is the notice within the application; the e-mail follows (`deliver`), to an account in a digest.
    What the letter says is taken down now. Returns the number of recipients. One of attestation, employee,
    deadline is needed.
    """
    person = employee
    if person is None:
        subject = attestation or deadline
        if subject is None:
            raise ValueError("a notice needs an attestation, an employee or a deadline")
        person = subject.employee
    center = attestation.center if attestation else person.center
    known = Kind(kind)
    rows = rows_of(
        known,
        Recipients([center]).users(known, center, person),
        person,
        key=key,
        now=now,
        not_before=not_before,
        attestation=attestation,
        deadline=deadline,
        context={**snapshot(known, attestation), **(context or {})},
    )
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def queue_all(
    kind: str,
    cases: Mapping[str, Attestation],
    *,
    now: datetime,
    contexts: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """`queue` for cases by their keys, each with its context, by a few statements. No key has been queued
    before.

    A kind of letter that tells of a decision reads that of each case by a query.
    """
    if not cases:
        return
    known, contexts = Kind(kind), contexts or {}
    recipients = Recipients({case.center_id: case.center for case in cases.values()}.values())
    told = snapshots(known, cases.values())
    rows: list[Notice] = []
    for key, case in cases.items():
        users = recipients.users(known, case.center, case.employee)
        context = {**told[case.pk], **contexts.get(key, {})}
        rows += rows_of(known, users, case.employee, key=key, now=now, attestation=case, context=context)
    bulk.insert_objects(rows)


def queue_to_users(
    kind: str,
    users: Iterable[User],
    *,
    now: datetime,
    key: str,
    context: Mapping[str, Any] | None = None,
) -> int:
    """A notice of no case in particular to accounts chosen by the caller."""
    rows = rows_of(Kind(kind), users, None, key=key, now=now, context=context)
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def queue_to_address(kind: str, address: str, *, now: datetime, key: str, context: Mapping[str, Any]) -> None:
    """A notice of no case, in both state languages, to an address: one's no more, or of whom can't log in."""
    row = Notice(
        key=f"{Kind(kind)}:{key}:address",
        kind=kind,
        address=address,
        context=dict(context),
        created_at=now,
        not_before=now,
    )
    Notice.objects.bulk_create([row], ignore_conflicts=True)


def rows_of(
    kind: Kind,
    users: Iterable[User],
    employee: Employee | None,
    *,
    key: str,
    now: datetime,
    not_before: datetime | None = None,
    attestation: Attestation | None = None,
    deadline: Deadline | None = None,
    rung: str = "",
    context: Mapping[str, Any] | None = None,
) -> list[Notice]:
    """The rows, unsaved; nobody is told twice who is officer and employee of the case at once.

    `rung`: the moment of the ladder that a reminder is made for.
    """

    def row(recipient: str, **to: Any) -> Notice:
        full_key = f"{kind}:{key}:{recipient}"
        if len(full_key) > KEY_LENGTH:
            raise ValueError(f"the key of a notice has at most {KEY_LENGTH} characters: {full_key}")
        return Notice(
            key=full_key,
            kind=kind,
            attestation=attestation,
            deadline=deadline,
            rung=rung,
            context=dict(context or {}),
            created_at=now,
            **{"not_before": not_before or now, **to},
        )

    at_once = {"in_digest": False, "not_before": now}
    way = at_once if kind in AT_ONCE else way_to_account(deadline, not_before or now)
    rows = [row(f"u{user.pk}", user=user, **way) for user in users]
    to_employee = AUDIENCES[kind].employee
    if employee and (
        to_employee is ToEmployee.MUST or (to_employee is ToEmployee.BY_EMAIL and employee.email)
    ):
        rows.append(row(f"e{employee.pk}", employee=employee))
    return rows


def correct(notices: QuerySet[Notice], *, by: By, reason: str) -> int:
    """What these notices tell of came by an import that is undone: those queued are not sent, and whoever got
    one is told that it no longer holds. Returns the number of corrections.
    """
    queued = notices.filter(state=Notice.State.QUEUED)
    queued.update(state=Notice.State.SUPERSEDED, last_error=stamped(Why.SUPERSEDED, by.at))
    told = notices.exclude(state__in=(Notice.State.QUEUED, Notice.State.SUPERSEDED, Notice.State.MISSED))
    corrections = [
        Notice(
            key=f"{Kind.IMPORT_UNDONE}:{notice.pk}",
            kind=Kind.IMPORT_UNDONE,
            attestation_id=notice.attestation_id,
            deadline_id=notice.deadline_id,
            user_id=notice.user_id,
            employee_id=notice.employee_id,
            address=notice.address,
            context={
                "told": notice.kind,
                "told_on": local_day(notice.created_at).isoformat(),
                "reason": reason,
            },
            created_at=by.at,
            **(way_to_account(None, by.at) if notice.user_id else {"not_before": by.at}),
        )
        for notice in told.exclude(kind=Kind.IMPORT_UNDONE).iterator(chunk_size=2000)
    ]
    Notice.objects.bulk_create(corrections, ignore_conflicts=True, batch_size=1000)
    return len(corrections)


def queued_links(account: User) -> QuerySet[Notice]:
    """Links to set the password that have not left yet."""
    return Notice.objects.filter(kind=Kind.PASSWORD_LINK, user=account, state=Notice.State.QUEUED)


def supersede_links(account: User, *, now: datetime) -> None:
    """The address is another: what waited for the old one goes to nobody."""
    queued_links(account).update(state=Notice.State.SUPERSEDED, last_error=stamped(Why.SUPERSEDED, now))


def supersede(
    *,
    now: datetime,
    attestation: Attestation | None = None,
    deadlines: Collection[Deadline] = (),
    ran_out: bool = False,
) -> int:
    """F-D22: what is queued about an event that is over is not sent; call it before queueing what follows.

    With an attestation: everything queued about the case; with deadlines: what is queued about those duties.
    `ran_out`: the event took its course; a letter that the employee must have had by then fails, and is
    HR's to serve by hand (F-D2). Returns the number of rows. What was sent, or had failed, stays as it is.
    """
    about = Q(attestation=attestation) if attestation else Q(deadline__in=deadlines)
    if attestation is None and not deadlines:
        raise ValueError("name the attestation or the deadlines whose notices are over")
    queued = Notice.objects.filter(about, state=Notice.State.QUEUED)
    failed = 0
    if ran_out:
        failed = queued.filter(employee__isnull=False, kind__in=MUST_REACH).update(
            state=Notice.State.FAILED, last_error=stamped(Why.DEADLINE_OVER, now)
        )
    return failed + queued.update(state=Notice.State.SUPERSEDED, last_error=stamped(Why.SUPERSEDED, now))
