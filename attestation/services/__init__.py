"""Use cases of the ground floor: each checks, changes, journals and notifies in one transaction."""

from attestation.services.absences import record_absence
from attestation.services.amending import amend_by_ruling
from attestation.services.brakes import Brakes, read_brakes
from attestation.services.calendars import confirm_calendar
from attestation.services.correction_requests import (
    answer_correction_request,
    record_correction_request,
)
from attestation.services.corrections import (
    checked_ground,
    confirm_correction,
    propose_correction,
    withdraw_correction,
)
from attestation.services.cycles import (
    AdmissionOutcome,
    CourseRow,
    admit_cycle,
    check_listing,
    close_attestation,
    list_attestee,
    open_cycle,
    save_courses,
)
from attestation.services.decisions import (
    appeal_closed,
    appeal_opened,
    finalise,
    finalise_due,
    form_decision,
    form_due,
    hold,
    reopen,
    waits_for,
)
from attestation.services.duties import reattestations_owed
from attestation.services.effects import close_consequence
from attestation.services.facts import (
    current_decision,
    current_result,
    locked,
    parameters_of,
    previous_final_on,
    published_result,
    settings_of,
    test_facts,
    work_calendar,
)
from attestation.services.foreseeing import Standing, foresee, register_assessor, standing
from attestation.services.ground_settling import settle_ground, settle_grounds
from attestation.services.ready import Confirmed, confirm_ready, review_ready
from attestation.services.reminding import queue_reminders
from attestation.services.rescinding import rescind_decision
from attestation.services.results import (
    ResultFacts,
    amend_result,
    check_result,
    check_wrong_questions,
    correct_result,
    publish_results,
    record_result,
    same_result,
)
from attestation.services.settling import settle_positions
from attestation.services.stages import (
    close_terms,
    end_stage_of,
    end_testing_stages,
    scoring_candidates,
    watch_terms,
)
from attestation.services.terms import meet_scoring_terms, open_scoring_term

__all__ = [
    "AdmissionOutcome",
    "Brakes",
    "Confirmed",
    "CourseRow",
    "ResultFacts",
    "Standing",
    "admit_cycle",
    "amend_by_ruling",
    "amend_result",
    "answer_correction_request",
    "appeal_closed",
    "appeal_opened",
    "check_listing",
    "check_result",
    "check_wrong_questions",
    "checked_ground",
    "close_attestation",
    "close_consequence",
    "close_terms",
    "confirm_calendar",
    "confirm_correction",
    "confirm_ready",
    "correct_result",
    "current_decision",
    "current_result",
    "end_stage_of",
    "end_testing_stages",
    "finalise",
    "finalise_due",
    "foresee",
    "form_decision",
    "form_due",
    "hold",
    "list_attestee",
    "locked",
    "meet_scoring_terms",
    "open_cycle",
    "open_scoring_term",
    "parameters_of",
    "previous_final_on",
    "propose_correction",
    "publish_results",
    "published_result",
    "queue_reminders",
    "read_brakes",
    "reattestations_owed",
    "record_absence",
    "record_correction_request",
    "record_result",
    "register_assessor",
    "reopen",
    "rescind_decision",
    "review_ready",
    "same_result",
    "save_courses",
    "scoring_candidates",
    "settings_of",
    "settle_ground",
    "settle_grounds",
    "settle_positions",
    "standing",
    "test_facts",
    "waits_for",
    "watch_terms",
    "withdraw_correction",
    "work_calendar",
]
