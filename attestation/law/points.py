"""The order's own sentence for each point, dated like its numbers, and our reading of each open question.

The English is our translation; the Kazakh catalogue holds the order's own words. Nothing here that is not in
the order stands as a point: readings and settings are named I-01 … and are ours. A number of the order inside
a sentence is a placeholder with its name in `attestation.law.parameters` (I-39).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from attestation.law.parameters import ORDER_271


def gettext_noop(text: str) -> str:
    """Mark a sentence for the catalogues; the law imports no Django."""
    return text


class Text(NamedTuple):
    """I-39: one point of the order as it reads from a day on."""

    cite: str
    text: str
    in_force_from: date


# An amended sentence is a new dated row below the old one, never an edit.
TEXTS: tuple[Text, ...] = (
    Text(
        "¶7",
        gettext_noop(
            "Qualification categories are conferred on specialists of the structural units "
            "(departments, sectors) of career centres for a term of %(category_years)s years."
        ),
        ORDER_271,
    ),
    Text(
        "¶8",
        gettext_noop(
            "Attestation comprises: 1) testing of employees of labour mobility centres (career "
            "centres); 2) on application for a qualification category, assessment of the professional "
            "activity of career-centre specialists."
        ),
        ORDER_271,
    ),
    Text(
        "¶8.1",
        gettext_noop(
            "Attestation comprises: testing of employees of labour mobility centres (career centres)."
        ),
        ORDER_271,
    ),
    Text(
        "¶8.2",
        gettext_noop(
            "Attestation comprises: on application for a qualification category, assessment of the "
            "professional activity of career-centre specialists."
        ),
        ORDER_271,
    ),
    Text(
        "¶9",
        gettext_noop(
            "The labour mobility centre forms on the Platform, in the form of Appendix 1, the list of "
            "attestees for the coming attestation."
        ),
        ORDER_271,
    ),
    Text(
        "¶14.1",
        gettext_noop(
            "Admitted to testing is an employee who has completed, on the Platform, "
            "professional-development courses in the number of hours set in the individual learning "
            "plan."
        ),
        ORDER_271,
    ),
    Text(
        "¶14.2",
        gettext_noop(
            "Admitted to testing is, on application for a category, a career-centre specialist who has "
            "completed professional-development courses on the Platform in the profile of the declared "
            "category."
        ),
        ORDER_271,
    ),
    Text("¶17", gettext_noop("The test result is positive when it reaches the threshold."), ORDER_271),
    Text(
        "¶17.1",
        gettext_noop(
            "The test result is positive when it reaches the threshold: employee at initial attestation "
            "– %(threshold_initial)s%%."
        ),
        ORDER_271,
    ),
    Text(
        "¶17.2",
        gettext_noop(
            "The test result is positive when it reaches the threshold: career-centre specialist "
            "applying for a category – %(threshold_category)s%%."
        ),
        ORDER_271,
    ),
    Text(
        "¶17.3",
        gettext_noop(
            "The test result is positive when it reaches the threshold: head of a structural unit, "
            "deputy director, director – %(threshold_manager)s%%."
        ),
        ORDER_271,
    ),
    Text(
        "¶17.4",
        gettext_noop(
            "The test result is positive when it reaches the threshold: specialist of a labour mobility "
            "centre, assistant of a career centre – %(threshold_position)s%%."
        ),
        ORDER_271,
    ),
    Text(
        "¶21",
        gettext_noop(
            "An employee who disagrees with the test result files an appeal through the Platform no "
            "later than %(appeal_working_days)s working days, giving substantiated arguments (a full "
            "explanation) for each task (question)."
        ),
        ORDER_271,
    ),
    Text(
        "¶27.1",
        gettext_noop(
            "An attestee who scored below the threshold of point 17, on application for a category, is "
            "given a category one level below the existing one, except specialists whose category is "
            "“no category”."
        ),
        ORDER_271,
    ),
    Text(
        "¶27.2",
        gettext_noop(
            "An attestee who scored below the threshold of point 17 is subject to re-attestation no "
            "later than %(reattestation_months)s months."
        ),
        ORDER_271,
    ),
    Text(
        "¶27.3",
        gettext_noop(
            "An attestee who scored below the threshold of point 17, on application for a category, is "
            "not admitted to the stage of assessment of professional activity."
        ),
        ORDER_271,
    ),
    Text(
        "¶28.1",
        gettext_noop(
            "An attestee in re-attestation who scored below the threshold is subject to dismissal: on "
            "application for a category (except specialists holding “career consultant”, “case manager” "
            "or “mentor”), or, when conformity with the position held is being confirmed, employees who "
            "entered service at a labour mobility (career) centre for the first time, career-centre "
            "assistants, labour-mobility-centre specialists, heads of structural units, deputy "
            "directors, directors."
        ),
        ORDER_271,
    ),
    Text(
        "¶28.2",
        gettext_noop(
            "An attestee in re-attestation who scored below the threshold, on application for a "
            "category, is given a category one level below the existing one, except specialists whose "
            "category is “no category”."
        ),
        ORDER_271,
    ),
    Text(
        "¶28-1",
        gettext_noop(
            "A career-centre specialist who reached the threshold of point 17 undergoes assessment of "
            "professional activity under Appendix 1-2 within %(assessment_calendar_days)s calendar days "
            "after the day the testing stage ended."
        ),
        ORDER_271,
    ),
    Text(
        "¶30.1",
        gettext_noop(
            "On the test results the Platform forms one of these decisions on an employee at initial "
            "attestation: conforms to the position – %(conforms_initial)s points and above; does not "
            "conform – %(below_conforms_initial)s and below."
        ),
        ORDER_271,
    ),
    Text(
        "¶30.2",
        gettext_noop(
            "On the test results the Platform forms one of these decisions on a career-centre "
            "specialist applying for a category: conforms to the declared category – "
            "%(conforms_declared)s and above; does not conform to the declared, conforms to the "
            "existing category – from %(conforms_existing)s to %(below_conforms_declared)s; does not "
            "conform to the declared, conforms to a category below the declared level – "
            "%(below_conforms_existing)s and below."
        ),
        ORDER_271,
    ),
    Text(
        "¶30.3",
        gettext_noop(
            "On the test results the Platform forms one of these decisions on a head of a structural "
            "unit, deputy director, director: conforms to the position – %(conforms_manager)s and "
            "above; does not conform – %(below_conforms_manager)s and below."
        ),
        ORDER_271,
    ),
    Text(
        "¶30.4",
        gettext_noop(
            "On the test results the Platform forms one of these decisions on a labour-mobility-centre "
            "specialist, career-centre assistant: conforms to the position – %(conforms_position)s and "
            "above; does not conform – %(below_conforms_position)s and below."
        ),
        ORDER_271,
    ),
    Text(
        "¶34",
        gettext_noop(
            "On passing from the medium to the high level of qualification, the specialist's category "
            "“no category” or “career consultant” is kept until its term ends."
        ),
        ORDER_271,
    ),
    Text(
        "App. 1-2",
        gettext_noop("Criteria for assessing the professional activity of a career-centre specialist."),
        ORDER_271,
    ),
    Text(
        "App. 1-2 row 1",
        gettext_noop("Testing: maximum level %(test_level_max)s%% = at most %(test_points_max)s points."),
        ORDER_271,
    ),
    Text(
        "App. 1-2 row 2",
        gettext_noop(
            "Rating formed from the assessments of the career centre's service recipients: above "
            "%(rating_above)s out of %(rating_scale_max)s over the last %(window_months)s months = "
            "%(rating_points_high)s points; equal to or below %(rating_at_most)s out of "
            "%(rating_scale_max)s over the last %(window_months)s months = %(rating_points_low)s "
            "points."
        ),
        ORDER_271,
    ),
    Text(
        "App. 1-2 row 3",
        gettext_noop(
            "Violations and errors recorded in the information system when providing services: none in "
            "the last %(window_months)s months = %(violations_points_none)s points; any in the last "
            "%(window_months)s months = %(violations_points_any)s points."
        ),
        ORDER_271,
    ),
    Text(
        "App. 1-2 footnote",
        gettext_noop("The indicators are counted in the period between attestations."),
        ORDER_271,
    ),
    Text(
        "item 4",
        gettext_noop(
            "The order comes into force %(entry_calendar_days)s calendar days after the day of its "
            "first official publication."
        ),
        ORDER_271,
    ),
)

CITES: tuple[str, ...] = tuple(dict.fromkeys(row.cite for row in TEXTS))


def text_on(cite: str, day: date, texts: Iterable[Text] | None = None) -> str:
    """I-39: the sentence of a point in force on `day`, to be translated and filled in with the numbers.

    Before the first day it is the first one. Raises KeyError for a point that the order does not have. TEXTS
    is looked up when asked, as the numbers are.
    """
    dated = sorted((row for row in (texts or TEXTS) if row.cite == cite), key=lambda row: row.in_force_from)
    if not dated:
        raise KeyError(cite)
    begun = [row for row in dated if row.in_force_from <= day]
    return (begun[-1] if begun else dated[0]).text


READINGS: dict[str, str] = {
    "I-01": gettext_noop(
        "The position's own point prevails, in ¶17 and in ¶30: managers are measured at "
        "%(threshold_manager)s at their initial attestation too, assistants and centre specialists by "
        "¶17.4 and ¶30.4 (setting managers_initial)."
    ),
    "I-02": gettext_noop(
        "A specialist who reached the test threshold is decided by the total of Appendix 1-2, one who "
        "did not by ¶27 or ¶28 at once (setting category_basis)."
    ),
    "I-03": gettext_noop("Points are exact and never rounded up across a bound; a shown figure is cut."),
    "I-04": gettext_noop(
        "A rating above %(rating_at_most)s and up to %(rating_above)s is in neither line of row 2: the "
        "commission rules %(rating_points_high)s or %(rating_points_low)s, with a reason (setting "
        "rating_gap)."
    ),
    "I-05": gettext_noop(
        "Without any rating in the window the commission rules %(rating_points_high)s or "
        "%(rating_points_low)s on row 2 (setting no_rating)."
    ),
    "I-06": gettext_noop(
        "The window ends with the day the testing stage ended; it begins the day after the same day "
        "%(window_months)s months before or after the window of the previous assessment, whichever is "
        "later (setting window)."
    ),
    "I-07": gettext_noop(
        "After a passed test and a total below %(conforms_existing)s the category is one level below "
        "the existing one; “no category” stays (setting low_total)."
    ),
    "I-08": gettext_noop(
        "The appeal term begins the day after the publication and ends with the last second of its last "
        "working day, by Astana time."
    ),
    "I-09": gettext_noop(
        "Working days are Monday to Friday, less public holidays and the days off moved by them, with "
        "the days that the government moves."
    ),
    "I-10": gettext_noop(
        "The assessment term ends with the last calendar day and is not moved for weekends or holidays "
        "(setting scoring_rolls)."
    ),
    "I-11": gettext_noop(
        "A term in months ends with the same day of the month, or the last day of a month that has no "
        "such day."
    ),
    "I-12": gettext_noop(
        "A decision is provisional until the appeal term and the grace after it are over and no timely "
        "appeal is open; only the final one takes effect (setting finalise_after)."
    ),
    "I-13": gettext_noop(
        "An upheld question counts as answered correctly; a result never falls by an appeal and never "
        "exceeds the number of questions."
    ),
    "I-14": gettext_noop(
        "What counts is when an appeal was filed; a late one is not accepted and stays on record; a "
        "timely one recorded later reopens the decision."
    ),
    "I-15": gettext_noop(
        "A kept category begins a new term of %(category_years)s years with the final decision, as a "
        "conferred or a lowered one does (setting kept_term)."
    ),
    "I-16": gettext_noop(
        "On passing from the medium to the high level the earlier term stays in force beside the new "
        "one; the current category is the highest in force."
    ),
    "I-17": gettext_noop(
        "A term of %(category_years)s years runs through the same day of its last year; the existing "
        "category of a case is the one in force on the day its testing stage ended."
    ),
    "I-18": gettext_noop(
        "The existing category or any higher one may be declared; a lower one, or none, may not."
    ),
    "I-19": gettext_noop(
        "The product never dismisses: it records the consequence for the employer, who acts outside it."
    ),
    "I-20": gettext_noop(
        "After a failed re-attestation no further term of %(reattestation_months)s months is opened; "
        "one who failed the test is not admitted to assessment in re-attestation either."
    ),
    "I-21": gettext_noop(
        "An attestation is decided by the rule set in force on the day its testing stage ended, and "
        "keeps it (setting effective_from)."
    ),
    "I-22": gettext_noop(
        "The initial attestation is a person's first, in any position, and not for one who holds a "
        "category; only a career-centre specialist applies for a category; all the others confirm "
        "conformity with the position held."
    ),
    "I-23": gettext_noop(
        "An attestee without a result when the testing stage ends is absent, and nothing follows by "
        "itself. A case with a published result ends with a decision."
    ),
    "I-24": gettext_noop("Only the test result can be appealed."),
    "I-25": gettext_noop(
        "The duty of re-attestation belongs to the person, the position and the purpose of the failed "
        "attestation; initial attestation and conformity with the position are one purpose here. "
        "Its numbers are its own."
    ),
    "I-26": gettext_noop("The rating is the exact mean of the specialist's own scores in the window."),
    "I-27": gettext_noop(
        "Missing is not zero: until ratings and violations have been read through the end of the window, "
        "rows 2 and 3 are held."
    ),
    "I-28": gettext_noop("A final decision is dated on the day on which the last thing it waited for came."),
    "I-29": gettext_noop(
        "No category, career consultant, case manager, mentor, in this order; the first two are the "
        "medium level, the last two the high one; a career centre belongs to one labour mobility centre."
    ),
    "I-30": gettext_noop(
        "Admission rests on the hours of the learning plan, or on a course in the profile of the "
        "declared category with its hours where they are given."
    ),
    "I-31": gettext_noop(
        "Nobody is listed while another case of theirs can still bring a decision; one who was absent is "
        "carried to the new list, which closes the old case."
    ),
    "I-32": gettext_noop(
        "A later case rests on an earlier decision by its repeat, its existing category and its window. "
        "Where that decision falls, the later case is marked and its open consequences are suspended, "
        "until the chair or an administrator decides, with a reason, that it stands or is formed again; "
        "where the decision is only formed again, the later case follows by itself."
    ),
    "I-33": gettext_noop(
        "A clerical error in a result found after the final decision is corrected by two persons: the "
        "decision becomes provisional, its consequences are suspended, and a new appeal term runs from "
        "the correction."
    ),
    "I-34": gettext_noop(
        "A rating or a violation that was recorded wrongly is voided, never deleted; after the final "
        "decision by two persons. The decision then becomes provisional and waits for the grace alone, "
        "counted from the confirmation: no appeal term runs."
    ),
    "I-35": gettext_noop(
        "Career-centre specialists and assistants serve at career centres, specialists of labour mobility "
        "centres at those, managers at both."
    ),
    "I-36": gettext_noop(
        "A case keeps the position of its list; a category is put in force only for a career-centre "
        "specialist and else waits, from the day of the final decision, until its term has ended."
    ),
    "I-37": gettext_noop(
        "The HR officers of the centre and of the labour mobility centre it belongs to hear of a "
        "consequence; where none of them can act on the case, the administrators do. Consequences that "
        "nobody has heard of are counted."
    ),
    "I-39": gettext_noop(
        "Each point is shown with the text and the numbers in force on the day the testing stage ended. "
        "Where ¶17 and ¶30 print different numbers for one position, the decision is held until a table "
        "that agrees is entered; a position that the order does not name is refused."
    ),
    "I-40": gettext_noop(
        "“No category” has no term: what ¶34 says of such a term changes nothing on record."
    ),
    "I-41": gettext_noop(
        "The points by which conformity with the position is decided are the percent of the test; the "
        "testing stage is that of the cycle, not of the person."
    ),
    "I-42": gettext_noop(
        "A category conferred before this order under another name is put on record as one of the four, "
        "with the old name and the document; its term counts from its own day."
    ),
    "I-44": gettext_noop(
        "The exception of ¶28.1 is that of specialists applying for a category; one who holds another "
        "position is measured as such, whatever category still runs."
    ),
}
