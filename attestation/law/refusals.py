"""What a rule says no to, with the point or the reading it rests on."""

from __future__ import annotations


def gettext_noop(message: str) -> str:
    """Mark a sentence for the translators: no Django here, but `makemessages` looks for this name."""
    return message


MESSAGES: dict[str, str] = {
    "purpose_not_of_position": gettext_noop(
        "The purpose %(purpose)s does not exist for the position %(position)s (%(cite)s). "
        "Purposes of this position: %(purposes)s."
    ),
    "position_unknown": gettext_noop(
        "The order names no position %(position)s, and no point measures it (%(cite)s). "
        "Enter the points of the amended order first."
    ),
    "category_facts_missing": gettext_noop(
        "An application for a category needs the existing and the declared category: %(field)s is missing."
    ),
    "declared_none": gettext_noop(
        "“No category” cannot be declared (%(cite)s). Declare the existing category or a higher one."
    ),
    "declared_below_existing": gettext_noop(
        "The declared category %(declared)s is below the existing one, %(existing)s (%(cite)s). "
        "Declare the existing category or a higher one."
    ),
    "declared_without_category_purpose": gettext_noop(
        "A category is declared (%(declared)s), but the purpose is %(purpose)s. "
        "Only an application for a category declares one (%(cite)s)."
    ),
    "total_too_small": gettext_noop(
        "The number of questions is %(total)s; a test has at least one question (%(cite)s)."
    ),
    "correct_out_of_range": gettext_noop(
        "Correct answers: %(correct)s of %(total)s. "
        "Give a number from 0 to the number of questions (%(cite)s)."
    ),
    "rating_out_of_range": gettext_noop("The rating %(rating)s is outside 1…%(highest)s (%(cite)s)."),
    "violations_negative": gettext_noop(
        "The number of violations is %(violations)s; it cannot be below 0 (%(cite)s)."
    ),
    "ruling_not_ten_or_zero": gettext_noop(
        "A ruling on row 2 is %(high)s or %(low)s, not %(ruling)s (%(cite)s)."
    ),
    "points_missing": gettext_noop(
        "The test threshold was reached, so the professional activity must be assessed (%(cite)s) "
        "before the decision is formed."
    ),
    "not_in_force": gettext_noop(
        "On %(day)s the rules are not in force yet (%(cite)s); the first day is %(first_day)s."
    ),
    "unknown_setting": gettext_noop("There is no setting %(name)s. Settings: %(names)s."),
    "bad_setting": gettext_noop("The setting %(name)s (%(cite)s) cannot be %(value)s. Allowed: %(allowed)s."),
    "date_out_of_range": gettext_noop(
        "A term that begins on %(day)s would end beyond the calendar (%(cite)s)."
    ),
    "no_working_day": gettext_noop(
        "No working day follows %(day)s within a year (%(cite)s). Check the days off in the calendar."
    ),
    "list_formed_by_career_center": gettext_noop(
        "The list of attestees is formed by the labour mobility centre (%(cite)s), not by a career centre."
    ),
    "employee_of_another_center": gettext_noop(
        "The employee belongs to another labour mobility centre, which forms the list (%(cite)s)."
    ),
    "repeat_of_another_purpose": gettext_noop(
        "The employee owes a re-attestation in the position held (%(cite)s): "
        "list them for %(purposes)s, not for %(purpose)s."
    ),
    "under_attestation": gettext_noop(
        "The employee's case %(case)s can still bring a decision (%(cite)s). "
        "List them once it is final or closed."
    ),
    "under_attestation_elsewhere": gettext_noop(
        "The employee has a case at another centre that can still bring a decision (%(cite)s). "
        "List them once it is final or closed."
    ),
    "position_not_at_center": gettext_noop(
        "A centre of the kind “%(kind)s” has no position %(position)s (%(cite)s). "
        "Positions there: %(positions)s."
    ),
    "initial_not_first": gettext_noop(
        "An initial attestation is the person's first, and a final decision is on record already (%(cite)s). "
        "List them for the purpose of the position held."
    ),
    "initial_with_category": gettext_noop(
        "Who holds a category (%(category)s) has no initial attestation (%(cite)s). "
        "List them with an application for a category."
    ),
    "former_under_order": gettext_noop(
        "On %(day)s the order was in force already, from %(first_day)s on: no category was conferred under a "
        "former name (%(cite)s). Give the day of the document; a category of this order comes from a "
        "decision."
    ),
    "question_out_of_range": gettext_noop(
        "There is no question %(question)s: the test has questions 1 to %(total)s (%(cite)s)."
    ),
    "question_not_wrong": gettext_noop(
        "Question %(question)s was answered correctly; only these can be appealed: %(wrong)s (%(cite)s)."
    ),
    "wrong_list_mismatch": gettext_noop(
        "The list of wrong questions has %(listed)s numbers; with %(correct)s of %(total)s correct "
        "it must have exactly %(expected)s (%(cite)s)."
    ),
    "filed_after_recording": gettext_noop(
        "The appeal was filed at %(filed_at)s, after it was recorded at %(recorded_at)s (%(cite)s). "
        "Correct the time of filing."
    ),
    "filed_before_publication": gettext_noop(
        "The appeal was filed at %(filed_at)s, "
        "before the result was published at %(published_at)s (%(cite)s)."
    ),
    "filed_note_missing": gettext_noop(
        "The appeal was filed at %(filed_at)s, before it was recorded: say how it was received (%(cite)s)."
    ),
}


class RuleRefusal(ValueError):
    """A rule refused the facts. `code` names the sentence, `cite` the point or reading it rests on."""

    def __init__(self, code: str, cite: str, **params: str | int) -> None:
        self.code = code
        self.cite = cite
        self.params: dict[str, str | int] = {"cite": cite, **params}
        super().__init__(MESSAGES[code] % self.params)
