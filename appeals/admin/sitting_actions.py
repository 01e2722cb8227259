"""What is done with a sitting: planned, moved, filled, opened, attended, recused from, closed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from appeals.admin import board, queue
from appeals.admin.waiting import commissions_of
from appeals.models import Commission, Sitting
from appeals.services import recusals, sittings
from appeals.services.lines import ready_for, something_waits
from appeals.services.sittings import move_sitting, names_on_agenda
from attestation import clock
from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, offer
from attestation.by import By
from attestation.law.calendar import ALMATY, local_day
from attestation.models import Employee, User
from attestation.refusals import Refused, allows


def sitting_title(sitting: Sitting) -> str:
    """The sitting by its number and moment."""
    return _("Sitting № %(number)s, %(when)s") % {
        "number": sitting.number,
        "when": f"{sitting.starts_at.astimezone(ALMATY):%d.%m.%Y %H:%M}",
    }


def restamped(data: Any, sitting: Sitting) -> Any:
    """The answers as they were sent, on the present version of the sitting."""
    data = data.copy()
    data["seen_version"] = str(sitting.version)
    return data


def check_seen(sitting: Sitting, seen: int | None) -> None:
    """F-C3: a form opened before somebody else's change is not saved over it. Raises Refused."""
    if seen != sitting.version:
        raise Refused(
            "stale",
            gettext_lazy(
                "Somebody changed this sitting meanwhile. What you chose is kept below; compare it with the "
                "page of the sitting and send it again."
            ),
        )


# --- forms -------------------------------------------------------------------------------------------------


class PlanForm(ActionForm):
    """When and where; which commission."""

    commission = fields.record(gettext_lazy("Commission"), Commission.objects.none())
    starts_at = fields.moment(gettext_lazy("Begins at"), help_text=gettext_lazy("Astana time."))
    online = fields.yes(gettext_lazy("Online"))
    place = fields.text(
        gettext_lazy("Place"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("The address and room; of an online sitting the link, if it may be shown."),
    )

    fill = fields.yes(
        gettext_lazy("Put everything that waits on the agenda"),
        help_text=gettext_lazy("Otherwise you choose the matters afterwards."),
    )

    def prepare(self) -> None:
        self.initial["fill"] = True
        mine = commissions_of(self.user, local_day(clock.now()))
        keys = [commission.pk for commission in mine]
        self.narrow("commission", Commission.objects.filter(pk__in=keys).select_related("center"))
        if len(mine) == 1:
            self.initial["commission"] = mine[0]


def ticks(label: Any, choices: Any, help_text: Any = "") -> forms.MultipleChoiceField:
    """Boxes to tick."""
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        help_text=help_text,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )


class MoveForm(ActionForm):
    """Another time or place."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    starts_at = fields.moment(gettext_lazy("Begins at"), help_text=gettext_lazy("Astana time."))
    online = fields.yes(gettext_lazy("Online"))
    place = fields.text(gettext_lazy("Place"), required=False, max_length=255)

    def prepare(self) -> None:
        self.initial = {
            "seen_version": self.obj.version,
            "starts_at": self.obj.starts_at.astimezone(ALMATY),
            "online": self.obj.online,
            "place": self.obj.place,
        }


class AgendaForm(ActionForm):
    """What waits and is on no agenda yet."""

    def prepare(self) -> None:
        now = clock.now()
        waiting = queue.without_sitting(self.obj.commission, self.user, now)
        self.fields["matters"] = ticks(
            gettext_lazy("Matters"),
            [(line.key, queue.choice_label(line)) for line in waiting],
            "" if waiting else gettext_lazy("Nothing waits that is on no agenda yet."),
        )
        self.initial["matters"] = [line.key for line in waiting]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = data.get("matters") or []
        if not chosen and not self.errors:
            self.add_error(None, _("Choose at least one matter."))
        ready = ready_for(self.obj.commission, clock.now())
        data["items"] = [item for item in ready.items if f"item-{item.pk}" in chosen]
        data["cases"] = [case for case in ready.rows if f"case-{case.pk}" in chosen]
        return data


class AttendanceForm(ActionForm):
    """Who is there."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def prepare(self) -> None:
        rows = list(self.obj.attendance.composition())
        self.fields["present"] = ticks(
            gettext_lazy("Present"),
            [(str(row.membership_id), str(row.membership)) for row in rows],
            gettext_lazy("Those who belonged to it at the opening. Whoever is not ticked is absent."),
        )
        self.initial["present"] = [str(row.membership_id) for row in rows if row.present]
        self.initial["seen_version"] = self.obj.version


class RecusalForm(ActionForm):
    """Whose matters, and why."""

    person = fields.choice(gettext_lazy("Whose matters"), ())
    reason = fields.long_text(gettext_lazy("Reason"), max_length=4000)

    def prepare(self) -> None:
        people = recusable(self.obj, self.user)
        self.choose_from("person", [(str(one.pk), one.full_name) for one in people])


def recusable(sitting: Sitting, user: User) -> list[Employee]:
    """Of whose matters the person may still state a recusal, in the order of names: voted on, not counted."""
    lines, reader = board.agenda_of(user, sitting, local_day(clock.now()))
    people = {
        line.case.employee
        for line in lines
        if reader.votes and not line.outcome and line.counted_at is None and not reader.recused(line)
    }
    return sorted(people, key=lambda one: (one.sort_key, one.pk))


# --- acts --------------------------------------------------------------------------------------------------


def put_on_agenda(sitting: Sitting, answers: dict[str, Any], by: By) -> str:
    for item in answers["items"]:
        sittings.put_on_agenda(sitting, item=item, by=by)
    for case in answers["cases"]:
        sittings.put_on_agenda(sitting, attestation=case, by=by)
    return _("Matters on the agenda: %(count)s.") % {"count": sitting.agenda.count()}


def move(sitting: Sitting, answers: dict[str, Any], by: By) -> str:
    check_seen(sitting, answers["seen_version"])
    move_sitting(
        sitting,
        starts_at=answers["starts_at"],
        place=answers["place"],
        online=answers["online"],
        by=by,
    )
    return _("The sitting is moved.")


def open_sitting(sitting: Sitting, answers: dict[str, Any], by: By) -> str:
    sittings.open_sitting(sitting, by=by)
    return _("The sitting is open: mark who is present.")


def mark_attendance(sitting: Sitting, answers: dict[str, Any], by: By) -> str:
    check_seen(sitting, answers["seen_version"])
    present = list(sitting.commission.memberships.filter(pk__in=answers["present"]))
    sittings.mark_attendance(sitting, present, by=by)
    return _("Present: %(count)s.") % {"count": len(present)}


def recuse(sitting: Sitting, answers: dict[str, Any], by: By) -> str:
    for case, _name in names_on_agenda(sitting):
        if str(case.employee_id) == answers["person"]:
            recusals.recuse(case, reason=answers["reason"], by=by)
    return _("You are recused: you take no part in the matters of this person.")


def close_sitting(sitting: Sitting, answers: dict[str, Any], by: By) -> str:
    sittings.close_sitting(sitting, by=by)
    return _("The sitting is closed; its minutes never change any more.")


def plan_sitting(data: dict[str, Any], by: By) -> tuple[str, str]:
    """A new sitting of a commission of the person's own."""
    sitting = sittings.plan_sitting(
        data["commission"],
        starts_at=data["starts_at"],
        place=data["place"],
        online=data["online"],
        fill=data["fill"],
        by=by,
    )
    done = _("%(sitting)s is planned. Put matters on its agenda.") % {"sitting": sitting_title(sitting)}
    return done, reverse("admin:appeals_sitting_change", args=(sitting.pk,))


offer(
    Sitting,
    Action(
        slug="agenda",
        right="keep_sitting",
        title=gettext_lazy("Put matters on the agenda"),
        explain=gettext_lazy("The oldest terms come first. The appellants are not named here."),
        icon="playlist_add",
        form=AgendaForm,
        run=put_on_agenda,
        offered=lambda sitting: sitting.state != Sitting.State.CLOSED,
        fits=lambda sitting, user: (
            board.keeps(sitting, user) and something_waits(sitting.commission, clock.now())
        ),
        order=10,
    ),
    Action(
        slug="open",
        right="keep_sitting",
        title=gettext_lazy("Open the sitting"),
        explain=gettext_lazy(
            "From now on attendance is marked and members vote. Whoever is in office now belongs to the "
            "sitting until it is closed: a release or an appointment meanwhile counts from the next one."
        ),
        icon="play_arrow",
        primary=True,
        run=open_sitting,
        offered=lambda sitting: sitting.state == Sitting.State.PLANNED,
        fits=board.keeps,
        order=20,
    ),
    Action(
        slug="move",
        right="keep_sitting",
        title=gettext_lazy("Change time or place"),
        icon="edit_calendar",
        form=MoveForm,
        run=move,
        offered=lambda sitting: sitting.state == Sitting.State.PLANNED,
        fits=board.keeps,
        order=25,
    ),
    Action(
        slug="attendance",
        right="keep_sitting",
        title=gettext_lazy("Mark attendance"),
        icon="how_to_reg",
        form=AttendanceForm,
        run=mark_attendance,
        offered=lambda sitting: sitting.state == Sitting.State.OPEN,
        fits=board.keeps,
        order=30,
    ),
    Action(
        slug="recuse",
        right="vote",
        title=gettext_lazy("Recuse myself"),
        explain=gettext_lazy(
            "You then see no votes of this person's matters and cast none; it is in the minutes with your "
            "reason and is not taken back."
        ),
        icon="person_off",
        form=RecusalForm,
        run=recuse,
        offered=lambda sitting: sitting.state != Sitting.State.CLOSED,
        fits=lambda sitting, user: bool(recusable(sitting, user)),
        order=40,
        facts="admin/appeals/sitting/recuse.html",
    ),
    Action(
        slug="close",
        right="close_sitting",
        title=gettext_lazy("Close the sitting"),
        explain=gettext_lazy(
            "The sealed rulings take effect: results, scores, decisions and letters follow. What was not "
            "counted goes to the next sitting. The sitting stays on record as it is, read-only for ever."
        ),
        icon="lock",
        danger=True,
        run=close_sitting,
        binds=True,
        offered=lambda sitting: (
            sitting.state == Sitting.State.OPEN and allows(sittings.require_sealed, sitting)
        ),
        fits=lambda sitting, user: board.agenda_of(user, sitting, local_day(clock.now()))[1].presides,
        order=90,
    ),
)
