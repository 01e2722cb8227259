"""What a person can do to a cycle: form the list, admit, publish; each act is one call of a service."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from attestation import clock
from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, offer
from attestation.admin.calendar import administrators, propose_to, said
from attestation.admin.consequences import Consequences
from attestation.admin.listing_page import ListForm, add_attestees
from attestation.by import By
from attestation.cases.cycles import admit_cycle
from attestation.cases.results import publish_results
from attestation.cases.stage_moves import ASSESSED, Stage, move_stage, moved_by_stage
from attestation.deadlines.counting import Moved
from attestation.law.calendar import local_day
from attestation.models import Attestation, CourseRecord, Cycle, Deadline, Result, Status


def admit(cycle: Cycle, answers: dict[str, Any], by: By) -> str:
    outcomes = admit_cycle(cycle, by=by)
    yes = sum(outcome.admitted for outcome in outcomes)
    return _("Admitted to testing: %(yes)s; not admitted: %(no)s.") % {"yes": yes, "no": len(outcomes) - yes}


def publish(cycle: Cycle, answers: dict[str, Any], by: By) -> str:
    published = len(publish_results(cycle, by=by))
    if not published:
        return _("Nothing to publish: every result on record is published.")
    return ngettext(
        "%(count)s result is published; its appeal term runs.",
        "%(count)s results are published; their appeal terms run.",
        published,
    ) % {"count": published}


class StageForm(ActionForm):
    """I-10, I-30: other days for the testing stage, and why."""

    testing_starts = fields.day(gettext_lazy("Testing stage begins"))
    testing_ends = fields.day(
        gettext_lazy("Testing stage ends"),
        help_text=gettext_lazy("The last day on which tests are taken, inclusive."),
    )
    reason = fields.long_text(gettext_lazy("Reason"))
    propose_to = propose_to()

    def prepare(self) -> None:
        self.initial.update(testing_starts=self.obj.testing_starts, testing_ends=self.obj.testing_ends)
        self.narrow("propose_to", administrators())


def wanted_stage(answers: dict[str, Any]) -> Stage:
    """The days that were asked for."""
    return Stage(answers["testing_starts"], answers["testing_ends"])


def move(cycle: Cycle, answers: dict[str, Any], by: By) -> str:
    done = move_stage(
        cycle,
        wanted_stage(answers),
        reason=answers["reason"],
        propose_to=answers["propose_to"],
        by=by,
    )
    return " ".join(
        [_("The testing stage of the cycle %(code)s has moved.") % {"code": cycle.code}, *said(done)]
    )


def moved_deadlines(cycle: Cycle, answers: dict[str, Any], now: datetime) -> list[Moved]:
    """The open scoring deadlines that the move would make longer or shorter."""
    return moved_by_stage(cycle, wanted_stage(answers), now=now)


def in_preparation(cycle: Cycle) -> bool:
    """I-30: the list and admission stand once the testing stage begins."""
    return not cycle.testing_has_begun(local_day(clock.now()))


def on_list(cycle: Cycle) -> QuerySet[Attestation]:
    """Those on whose admission is, or was, decided before testing."""
    return cycle.attestations.filter(status__in=(Status.LISTED, Status.NOT_ADMITTED, Status.ADMITTED))


def without_courses(cycle: Cycle) -> QuerySet[Attestation]:
    """Those of them whose courses are not on record."""
    return on_list(cycle).exclude(employee__in=CourseRecord.objects.filter(cycle=cycle).values("employee"))


def not_ready_to_admit(cycle: Cycle) -> list[str]:
    """¶14: whose courses are not on record yet."""
    all_of = on_list(cycle).count()
    if not all_of:
        return [_("Nobody is on the list of this cycle yet.")]
    missing = without_courses(cycle).count()
    if not missing:
        return []
    return [
        ngettext(
            "Course hours are not loaded for %(missing)s of %(count)s person on the list.",
            "Course hours are not loaded for %(missing)s of %(count)s people on the list.",
            all_of,
        )
        % {"missing": missing, "count": all_of}
    ]


def without_result(cycle: Cycle) -> list[str]:
    """Who was admitted and has no result on record."""
    admitted = cycle.attestations.filter(status=Status.ADMITTED).count()
    return [no_result_words(admitted)] if admitted else []


def no_result_words(count: int) -> str:
    """How many admitted people have no result."""
    return ngettext(
        "%(count)s admitted person has no result on record yet.",
        "%(count)s admitted people have no result on record yet.",
        count,
    ) % {"count": count}


def publish_words(cycle: Cycle, found: Consequences) -> str:
    """How many results, and until when appeals are taken."""
    count = len(found.rows) + found.others
    words = ngettext("Publish %(count)s result", "Publish %(count)s results", count) % {"count": count}
    last = [day for kind, day, _count in found.begins if kind == capfirst(str(Deadline.Kind.APPEAL.label))]
    return "; ".join([words, *(_("appeals until %(day)s") % {"day": day} for day in last[:1])])


def list_words(cycle: Cycle, found: Consequences) -> str:
    """How many come on the list."""
    count = sum("list" in row.acts for row in found.rows)
    return ngettext("Put %(count)s person on the list", "Put %(count)s people on the list", count) % {
        "count": count
    }


def admit_words(cycle: Cycle, found: Consequences) -> str:
    """How many are admitted and how many are not."""
    no = len(found.refused)
    yes = len(found.rows) - no
    return _("Admit %(yes)s, refuse %(no)s") % {"yes": yes, "no": no}


def unpublished(cycle: Cycle) -> QuerySet[Result]:
    """The results that wait to be published."""
    return Result.objects.current().filter(attestation__cycle=cycle, published_at__isnull=True)


def may_move(cycle: Cycle) -> bool:
    """Whether no assessment and no decision stands on the stage's last day yet."""
    return not cycle.attestations.filter(status__in=ASSESSED).exists()


offer(
    Cycle,
    Action(
        slug="list",
        right="list_attestees",
        title=gettext_lazy("Put people on the list"),
        explain=gettext_lazy(
            "The labour mobility centre forms the list of attestees (¶9). Position, existing category and a "
            "re-attestation owed are taken from the record."
        ),
        icon="person_add",
        form=ListForm,
        template="admin/attestation/cycle/listing.html",
        run=add_attestees,
        binds=True,
        says=list_words,
        offered=in_preparation,
        order=10,
        primary=True,
    ),
    Action(
        slug="admit",
        right="admit",
        title=gettext_lazy("Decide on admission to testing"),
        explain=gettext_lazy(
            "Everyone on the list is measured by ¶14: hours of the learning plan, or a course in the profile "
            "of the declared category. It can be repeated until the testing stage begins."
        ),
        icon="how_to_reg",
        run=admit,
        binds=True,
        guards=not_ready_to_admit,
        says=admit_words,
        offered=in_preparation,
        order=20,
    ),
    Action(
        slug="publish",
        right="publish_results",
        title=gettext_lazy("Publish the results on record"),
        explain=gettext_lazy(
            "The attestees see their results, and the appeal term begins (¶21). "
            "Results that come later are published later."
        ),
        icon="campaign",
        run=publish,
        binds=True,
        guards=without_result,
        says=publish_words,
        offered=lambda cycle: unpublished(cycle).exists(),
        order=30,
        primary=True,
    ),
    Action(
        slug="stage",
        right="move_stage",
        title=gettext_lazy("Move the testing stage"),
        explain=gettext_lazy(
            "The first day can be moved until testing begins, the last one to a day still to come. The terms "
            "of the assessment are counted from the last day (¶28-1); you see which of them move before "
            "anything is saved."
        ),
        icon="event_repeat",
        form=StageForm,
        run=move,
        button=gettext_lazy("Look which terms would move"),
        preview=moved_deadlines,
        offered=may_move,
        order=40,
    ),
)
