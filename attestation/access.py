"""Who sees and does what: one scoped queryset and one table of acts. Fails closed.

`user=None` is the system (commands without --as, scheduled jobs): it has an administrator's rights,
and the journal says that the system acted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from attestation.models import (
    AccountRequest,
    Annulment,
    Attestation,
    CategoryTerm,
    Center,
    Consequence,
    Correction,
    CorrectionRequest,
    CourseRecord,
    Cycle,
    Deadline,
    Decision,
    Employee,
    GroundMark,
    ImportJob,
    ImportRow,
    JournalEntry,
    Notice,
    ProofOfService,
    ReadyEffect,
    Result,
    TermChange,
    User,
    ViewEntry,
    WorkFailure,
)
from attestation.refusals import Refused
from attestation.rights import ADMINISTRATOR as ADMINISTRATOR
from attestation.rights import AUDITOR as AUDITOR
from attestation.rights import COMMISSION as COMMISSION
from attestation.rights import HR as HR
from attestation.rights import NEVER_THE_SYSTEM
from attestation.rights import RIGHTS as RIGHTS
from attestation.rights import SECRETARY as SECRETARY

M = TypeVar("M", bound=Model)
T = TypeVar("T")
# Whoever asks: an account, nobody yet, or (None) the system.
Anyone = User | AnonymousUser | None

# From each model to the centre whose people may see its rows.
CENTER_PATHS: dict[type[Model], str] = {
    Center: "",
    Employee: "center",
    CategoryTerm: "employee__center",
    Cycle: "center",
    Attestation: "center",
    CourseRecord: "employee__center",
    Result: "attestation__center",
    Decision: "attestation__center",
    Consequence: "attestation__center",
    Deadline: "employee__center",
    TermChange: "deadline__employee__center",
    ProofOfService: "attestation__center",
    Annulment: "attestation__center",
    Correction: "attestation__center",
    CorrectionRequest: "attestation__center",
    GroundMark: "attestation__center",
    WorkFailure: "attestation__center",
    ViewEntry: "employee__center",
    JournalEntry: "attestation__center",
    User: "center",
}


def register_scope(model: type[Model], center_path: str) -> None:
    """Let a sibling app say how its rows hang on a centre."""
    CENTER_PATHS[model] = center_path


Sits = Callable[[User, str, Center, date], bool]
# People, as subqueries of their ids.
People = Callable[[], Sequence[QuerySet[Any, Any]]]
_SITS: list[Sits] = []
_SITTINGS: list[Callable[[User], str]] = []
_UNDER_REVIEW: list[People] = []


def register_commission(
    answer: Sits, open_sitting_of: Callable[[User], str], under_blind_review: People
) -> None:
    """Let `appeals`, which keeps the commissions, say who sits where and on whose cases they rule blind: this
    app does not know that one."""
    _SITS[:] = [answer]
    _SITTINGS[:] = [open_sitting_of]
    _UNDER_REVIEW[:] = [under_blind_review]


def require_free_of_sittings(user: User) -> None:
    """Refuse another role, centre or staff record to a member of a commission whose sitting is open."""
    for sitting in filter(None, (asked(user) for asked in _SITTINGS)):
        raise Refused(
            "in_open_sitting",
            _(
                "%(user)s belongs to an open sitting: %(sitting)s. Role, centre and staff record stay as "
                "they are until it is closed."
            ),
            user=str(user),
            sitting=sitting,
        )


def sits(user: User | None, seat: str, center: Center, day: date) -> bool:
    """Whether the user holds the seat on the day in a commission competent for the centre. Fails closed."""
    return user is not None and any(asked(user, seat, center, day) for asked in _SITS)


def actor_of(request: HttpRequest) -> User:
    """The account at the screen, as the services take it. Raises PermissionDenied without a login."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def remembered(user: User, what: Hashable, ask: Callable[[], T]) -> T:
    """What is asked once for an account as it was loaded, that is for one request."""
    known: dict[Hashable, T] = vars(user).setdefault("_remembered", {})
    if what not in known:
        known[what] = ask()
    return known[what]


def role_of(user: Anyone) -> str:
    """The role that counts: an inactive account has none, a superuser is an administrator."""
    if user is None:
        return ADMINISTRATOR
    if not isinstance(user, User) or not user.is_active:
        return ""
    if user.role:
        return str(user.role)
    return ADMINISTRATOR if user.is_superuser else ""


def may(user: Anyone, right: str) -> bool:
    """Whether the role allows the act at all, wherever."""
    if user is None and right in NEVER_THE_SYSTEM:
        return False
    return role_of(user) in RIGHTS[right]


def sees_everything(user: Anyone) -> bool:
    """Administrator, auditor, the system, and the central commission."""
    role = role_of(user)
    if role in (ADMINISTRATOR, AUDITOR):
        return True
    return isinstance(user, User) and role in COMMISSION and user.center_id is None


def centers_of(user: Anyone) -> QuerySet[Center]:
    """The centres in the user's sight: their own, with its career centres."""
    if sees_everything(user):
        return Center.objects.all()
    if isinstance(user, User) and role_of(user) and user.center_id:
        return Center.objects.filter(Q(pk=user.center_id) | Q(parent_id=user.center_id))
    return Center.objects.none()


def in_sight(user: Anyone, queryset: QuerySet[M]) -> QuerySet[M]:
    """The rows of the queryset in the user's centres, those under blind review among them: for the pages of
    the commission, which name nobody. An unknown model shows nothing."""
    if queryset.model is AccountRequest and role_of(user) not in (ADMINISTRATOR, AUDITOR):
        # Also of the central commission: the owner's, and nobody else's.
        return queryset.filter(account=user) if isinstance(user, User) else queryset.none()
    if sees_everything(user):
        return queryset
    if not isinstance(user, User):
        return queryset.none()
    model = queryset.model
    if model is ImportJob:
        return queryset.filter(actor=user)
    if model is ImportRow:
        return queryset.filter(job__actor=user)
    seen = centers_of(user)
    if model is Notice:
        # By keys found beforehand: joined, every notice there is would be joined before one is chosen.
        cases, people = (rows.filter(center__in=seen) for rows in (Attestation.objects, Employee.objects))
        about = Q(attestation__in=cases) | Q(attestation__isnull=True, employee__in=people)
        return queryset.filter(Q(user=user) | about)
    if model is ReadyEffect:
        return queryset.filter(Q(attestation__center__in=seen) | Q(deadline__employee__center__in=seen))
    path = CENTER_PATHS.get(model)
    if path is None:
        return queryset.none()
    if model is Cycle:
        # An officer of a career centre sees the cycles of the labour mobility centre it belongs to.
        return queryset.filter(Q(center__in=seen) | Q(center__career_centers__in=seen)).distinct()
    lookup = f"{path}__in" if path else "pk__in"
    return queryset.filter(**{lookup: seen})


def scoped(user: Anyone, queryset: QuerySet[M]) -> QuerySet[M]:
    """The rows of the queryset that the user may see: of those in sight none about a person on whom the user
    may have to vote blind. An unknown model shows nothing.
    """
    rows = in_sight(user, queryset)
    for path in person_paths(queryset.model) if _hidden_from(user) else ():
        rows = rows.exclude(about_hidden(user, path))
    return rows


def person_paths(model: type[Model]) -> tuple[str, ...]:
    """From a model to the employee whom its rows are about; none where they are about nobody."""
    if model is Employee:
        return ("pk",)
    if model is Attestation:
        return ("employee",)
    if model is Notice:
        return ("attestation__employee", "employee")
    if model is ReadyEffect:
        return ("attestation__employee", "deadline__employee")
    if model is ImportRow or model is ImportJob or model is AccountRequest:
        return ()
    path = CENTER_PATHS.get(model, "")
    if path.endswith("employee__center"):
        return (path.removesuffix("__center"),)
    if path.endswith("attestation__center"):
        return (path.removesuffix("center") + "employee",)
    return ()


def _hidden_from(user: Anyone) -> list[QuerySet[Any, Any]]:
    """Those on whom the account may have to vote blind, as subqueries; one's own record is one's own."""
    if role_of(user) not in RIGHTS["vote"] or not isinstance(user, User):
        return []
    # Unread: the rows are read anew each time.
    found = remembered(
        user, "under_review", lambda: [people for under_review in _UNDER_REVIEW for people in under_review()]
    )
    if user.employee_id is None:
        return found
    return [people.exclude(person=user.employee_id) for people in found]


def hides_identity_from(user: Anyone, case: Attestation) -> bool:
    """Whether the review is blind to this account: it may have to vote on an open item of the case's person.

    Then no page, list, search, filter, letter, feed or message tells it who that is, nor the centre and the
    number of the case. The chair and the members; also the central ones, to whom any item may be passed.
    """
    return bool(hidden_among(user, [case.employee_id]))


def hidden_among(user: Anyone, employees: Iterable[int]) -> set[int]:
    """Those of the employees' ids whose identity is hidden from the account."""
    wanted = list(employees)
    return {
        key
        for people in _hidden_from(user)
        for key in people.filter(person__in=wanted).values_list("person", flat=True)
    }


def about_hidden(user: Anyone, path: str) -> Q:
    """Of rows, by their path to an employee, those about somebody whose identity the account is not told.

    One "or" of `EXISTS`, never one by one nor `IN`: PostgreSQL then looks few rows up in an index, and finds
    all of those people first only where there are many; it would join them, or find them first, always.
    """
    found = Q(pk__in=[])
    for people in _hidden_from(user):
        found |= Q(Exists(people.filter(person=OuterRef(path))))
    return found


def is_own(user: Anyone, employee: Employee | int | None) -> bool:
    """F-A6: whether the record, or the one with this key, is the officer's own."""
    pk = employee.pk if isinstance(employee, Employee) else employee
    return isinstance(user, User) and pk is not None and user.employee_id == pk


def seen_among(user: Anyone, centers: Collection[int]) -> set[int]:
    """Those of the centres' keys that are in the user's sight."""
    wanted = set(centers)
    if sees_everything(user):
        return wanted
    # The own centre is in sight whatever it is: most acts are about it, and it needs no query.
    own = wanted & {user.center_id} if isinstance(user, User) and role_of(user) else set()
    if own == wanted:
        return own
    return set(centers_of(user).filter(pk__in=wanted).values_list("pk", flat=True))


def require(
    user: Anyone,
    right: str,
    center: Center | None = None,
    employee: Employee | None = None,
    seen: Collection[int] | None = None,
) -> None:
    """Refuse an act that the role, the centre or one's own record forbids. Raises Refused.

    `seen`: what `seen_among` found, where many acts are asked about one by one.
    """
    require_all(user, right, {center.pk} if center else (), {employee.pk} if employee else (), seen)


def require_all(
    user: Anyone,
    right: str,
    centers: Collection[int],
    employees: Collection[int],
    seen: Collection[int] | None = None,
) -> None:
    """`require` for an act on several records at once, by the keys of their centres and employees."""
    if not may(user, right):
        raise Refused("no_permission", _("Your role does not allow this. Turn to the administrator."))
    if centers and not set(centers).issubset(seen_among(user, centers) if seen is None else seen):
        raise Refused("not_found", _("There is no such record among those of your centre."))
    if isinstance(user, User) and user.employee_id in employees:
        raise Refused("own_record", _("Nobody decides on their own record. Ask a colleague to do it."))
