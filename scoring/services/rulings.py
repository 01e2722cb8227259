"""I-04, I-05: the commission's chair rules on a held row 2 of App. 1-2, at once and without a sitting."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases.testing_stage import end_stage_of
from attestation.cases.waiting import FOR_A_RULING
from attestation.law.calendar import local_day
from attestation.law.reasons import Points
from attestation.models import Attestation, Role
from attestation.refusals import Refused
from attestation.texts import required_text
from scoring.criteria import check_ruling
from scoring.models import Assessment, RatingRuling
from scoring.services.assessing import assess_case, assessable
from scoring.services.evidence import gather


@transaction.atomic
def rule_rating(
    attestation: Attestation,
    *,
    points: int,
    reason: str,
    by: By,
    in_sitting: bool = False,
) -> Assessment:
    """App. 1-2 row 2: the chair's 10 or 0 with its reason (I-04, I-05); the case is assessed anew at once.

    `in_sitting`: the commission's own, voted in a sitting and in effect with its closing; who closes it
    may be recused from the case.

    Raises Refused: no seat, own record, row 2 not held for a ruling, ruled already. Raises RuleRefusal
    for other points.
    """
    attestation = lookup.locked(attestation)
    _require_seat(attestation, by, in_sitting=in_sitting)
    assert by.user is not None  # checked: a ruling is always a person's
    if end_stage_of(attestation, now=by.at):
        attestation = lookup.locked(attestation)
    params = lookup.parameters_of(attestation)
    check_ruling(points, params)
    reason = required_text(reason, _("Give the reason of the ruling."))
    evidence = gather(attestation, assessable(attestation))
    _require_unruled(attestation, evidence.ruling)
    _require_held(attestation, evidence.points(params, lookup.settings_of(attestation), ruled=False))
    ruling = RatingRuling.objects.create(
        attestation=attestation, points=points, reason=reason, ruled_by=by.user, ruled_at=by.at
    )
    journal.record(
        "rule_rating",
        by=by,
        attestation=attestation,
        data={"ruling": ruling.pk, "points": points, "why": reason, "in_sitting": in_sitting},
    )
    return assess_case(attestation, by=by)[0]


def _require_seat(attestation: Attestation, by: By, *, in_sitting: bool) -> None:
    if in_sitting:
        access.require(by.user, "close_sitting", attestation.center)
        return
    access.require(by.user, "rule_rating", attestation.center, attestation.employee)
    if not access.sits(by.user, Role.CHAIR, attestation.center, local_day(by.at)):
        raise Refused(
            "not_in_office",
            _(
                "Case %(case)s: only the chair in office of the commission competent for it rules on row 2. "
                "Turn to the administrator about the appointment."
            ),
            case=attestation.case_no,
        )


def _require_unruled(attestation: Attestation, ruling: RatingRuling | None) -> None:
    if ruling is not None:
        raise Refused(
            "ruled_already",
            _("Case %(case)s: row 2 was ruled on already: %(points)s points, by %(who)s, on %(day)s."),
            case=attestation.case_no,
            points=ruling.points,
            who=str(ruling.ruled_by),
            day=f"{local_day(ruling.ruled_at):%d.%m.%Y}",
        )


def _require_held(attestation: Attestation, points: Points) -> None:
    """I-04, I-05: only what the criteria leave open is ruled on."""
    if FOR_A_RULING.intersection(points.held):
        return
    if "ratings_not_read" in points.held:
        raise Refused(
            "ratings_not_read",
            _(
                "Case %(case)s: the ratings are not read through %(day)s yet. "
                "Import them first; a ruling is made only where they leave row 2 open."
            ),
            cite="I-27",
            case=attestation.case_no,
            day=f"{attestation.cycle.testing_ends:%d.%m.%Y}",
        )
    raise Refused(
        "row_not_held",
        _(
            "Case %(case)s: row 2 has %(points)s points by the ratings (%(cite)s); "
            "there is nothing to rule on."
        ),
        cite="App. 1-2 row 2",
        case=attestation.case_no,
        points=points.rating,
    )
