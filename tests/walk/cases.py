"""The people of the demo walk and what happens to them: one line per person and one per attestation.

What follows from it by the order is not here: it was worked out by hand into fixtures/walk/expected.json.
"""

from dataclasses import dataclass
from datetime import date

# Career centres of the walk: key -> (labour mobility centre, beginning of the Kazakh name).
CAREER_CENTERS = {
    "kokshetau": ("akmola", "Көкшетау қаласының"),
    "burabay": ("akmola", "Бурабай"),
    "stepnogorsk": ("akmola", "Степногорск"),
    "turkistan-city": ("turkistan", "Түркістан қаласының"),
    "kentau": ("turkistan", "Кентау"),
    "sairam": ("turkistan", "Сайрам"),
    "pavlodar-city": ("pavlodar", "Павлодар қаласының"),
}


@dataclass(frozen=True)
class Somebody:
    """One person of the walk; `category` is on record since `category_from`, `reached`: has an address."""

    key: str
    center: str
    position: str
    category: str = ""
    category_from: date | None = None
    reached: bool = True


PEOPLE = (
    Somebody("assistant-70", "kokshetau", "assistant"),
    Somebody("assistant-69", "kokshetau", "assistant"),
    Somebody("director-84", "akmola", "director"),
    Somebody("head-80", "burabay", "unit_head"),
    Somebody("first-category", "kokshetau", "career_specialist"),
    Somebody("keeps-consultant", "burabay", "career_specialist", "consultant", date(2024, 3, 11)),
    Somebody("loses-consultant", "burabay", "career_specialist", "consultant", date(2024, 5, 20)),
    Somebody("fails-mentor", "kokshetau", "career_specialist", "case_manager", date(2024, 9, 16)),
    Somebody("fails-twice", "burabay", "career_specialist"),
    Somebody("rating-gap", "kokshetau", "career_specialist"),
    Somebody("no-ratings", "burabay", "career_specialist"),
    Somebody("to-high-level", "kokshetau", "career_specialist", "consultant", date(2025, 1, 13)),
    Somebody("fails-once", "burabay", "career_specialist"),
    Somebody("low-total", "burabay", "career_specialist"),
    Somebody("not-read", "stepnogorsk", "career_specialist"),
    Somebody("confirms-mentor", "kokshetau", "career_specialist", "mentor", date(2024, 4, 8)),
    Somebody("to-mentor", "kokshetau", "career_specialist", "case_manager", date(2024, 6, 10)),
    Somebody("total-70", "burabay", "career_specialist", "case_manager", date(2024, 10, 7)),
    Somebody("initial-70", "stepnogorsk", "career_specialist"),
    Somebody("initial-69", "stepnogorsk", "career_specialist"),
    Somebody("center-70", "akmola", "center_specialist"),
    Somebody("center-69", "akmola", "center_specialist"),
    Somebody("deputy-85", "akmola", "deputy_director"),
    Somebody("head-84.5", "akmola", "unit_head"),
    Somebody("assistant-28-of-40", "burabay", "assistant"),
    Somebody("term-over", "kokshetau", "career_specialist", "consultant", date(2022, 11, 14)),
    Somebody("head-90", "kokshetau", "unit_head"),
    Somebody("appeal-passes", "kokshetau", "career_specialist", "consultant", date(2024, 6, 3)),
    Somebody("reopened-confers", "burabay", "career_specialist", "consultant", date(2024, 2, 5)),
    Somebody("reopened-restores", "kokshetau", "career_specialist", "case_manager", date(2024, 9, 2)),
    Somebody("appeal-late", "kokshetau", "career_specialist"),
    Somebody("appeal-rejected", "stepnogorsk", "assistant"),
    Somebody("absent", "akmola", "center_specialist"),
    Somebody("hours-short", "burabay", "assistant"),
    Somebody("other-profile", "kokshetau", "career_specialist"),
    Somebody("t-director-85", "turkistan", "director"),
    Somebody("t-deputy-84", "turkistan", "deputy_director"),
    Somebody("t-head-85", "kentau", "unit_head"),
    Somebody("t-center-100", "turkistan", "center_specialist"),
    Somebody("t-assistant-50", "sairam", "assistant"),
    Somebody("t-jumps-to-mentor", "turkistan-city", "career_specialist"),
    Somebody("t-keeps-none", "turkistan-city", "career_specialist"),
    Somebody("t-held", "kentau", "career_specialist"),
    Somebody("t-lowered-to-case-manager", "kentau", "career_specialist", "mentor", date(2024, 11, 4)),
    Somebody("t-initial-90", "sairam", "career_specialist"),
)

# Lives between decisions: each of them once ended wrongly.
LIVES = (
    Somebody("declares-own", "pavlodar-city", "career_specialist", "consultant", date(2023, 6, 1)),
    Somebody("becomes-head", "pavlodar-city", "career_specialist"),
    Somebody("mentor-in-force", "pavlodar-city", "career_specialist", "mentor", date(2024, 4, 1)),
    Somebody("initial-then-category", "pavlodar-city", "career_specialist"),
    Somebody("two-lists", "pavlodar-city", "career_specialist"),
    Somebody("parallel-failure", "pavlodar-city", "career_specialist"),
    Somebody("between-stage-and-decision", "pavlodar-city", "career_specialist"),
    Somebody("ground-annulled", "pavlodar-city", "career_specialist"),
    Somebody("ground-annulled-stands", "pavlodar-city", "career_specialist"),
    Somebody("closed-without-decision", "pavlodar-city", "assistant"),
    Somebody("typed-60", "pavlodar-city", "assistant"),
    Somebody("wrong-violation", "pavlodar-city", "career_specialist"),
    Somebody("head-before-decision", "pavlodar-city", "career_specialist"),
    Somebody("nobody-to-tell", "pavlodar-city", "assistant", reached=False),
)


@dataclass(frozen=True)
class Entry:
    """One attestation of the walk: who, what for, the courses, the test, and what the assessment will meet.

    `ratings` are the scores inside the window, `violations` the days on which some were recorded.
    """

    cycle: str
    key: str
    purpose: str
    declared: str = ""
    correct: int | None = None
    total: int = 100
    batch: int = 1
    ratings: tuple[int, ...] = ()
    violations: tuple[date, ...] = ()
    hours: tuple[int, int] = (72, 72)
    profile: str | None = None
    wrong: bool = False


A1, A2, T1 = "AKM-2026-1", "AKM-2026-2", "TUR-2026-1"
P1, P2, P3 = "PAV-2026-1", "PAV-2026-2", "PAV-2026-3"
_46, _49, _44, _45 = (5, 5, 4, 4, 5), (5,) * 9 + (4,), (5, 4, 4, 5, 4), (5, 4)
_39 = (4,) * 9 + (3,)

ENTRIES = (
    # Published on Thursday 5 February 2026.
    Entry(A1, "assistant-70", "initial", correct=70),
    Entry(A1, "assistant-69", "position", correct=69),
    Entry(A1, "director-84", "initial", correct=84),
    Entry(A1, "head-80", "position", correct=80),
    Entry(A1, "first-category", "category", "consultant", 65, 80, ratings=_46),
    Entry(
        A1,
        "keeps-consultant",
        "category",
        "case_manager",
        85,
        ratings=_46,
        violations=(date(2025, 2, 7),),  # the first day of the window
    ),
    Entry(A1, "loses-consultant", "category", "case_manager", 70, ratings=_39),
    Entry(A1, "fails-mentor", "category", "mentor", 69, ratings=_46),
    Entry(A1, "fails-twice", "category", "consultant", 60),
    Entry(A1, "rating-gap", "category", "consultant", 90, ratings=(4, 4, 4)),
    Entry(A1, "no-ratings", "category", "consultant", 82),
    Entry(A1, "to-high-level", "category", "case_manager", 99, ratings=_49),
    Entry(A1, "fails-once", "category", "consultant", 60, ratings=_46),
    Entry(
        A1,
        "low-total",
        "category",
        "consultant",
        70,
        ratings=(3, 3, 3, 3, 4),
        violations=(date(2025, 8, 4), date(2025, 11, 19)),
    ),
    Entry(A1, "not-read", "category", "consultant", 89, ratings=_44),
    Entry(A1, "confirms-mentor", "category", "mentor", 92, ratings=(5, 5, 5)),
    Entry(A1, "to-mentor", "category", "mentor", 84, ratings=_45),
    Entry(A1, "total-70", "category", "mentor", 75, ratings=(4, 4, 4, 4, 5), violations=(date(2025, 6, 23),)),
    Entry(A1, "initial-70", "initial", correct=70),
    Entry(A1, "initial-69", "initial", correct=69),
    Entry(A1, "center-70", "position", correct=70),
    Entry(A1, "center-69", "initial", correct=69),
    Entry(A1, "deputy-85", "position", correct=85),
    Entry(A1, "reopened-confers", "category", "case_manager", 81, ratings=(5, 5, 4, 5, 5, 4, 5)),
    Entry(A1, "reopened-restores", "category", "mentor", 68, ratings=(5, 5, 5, 5, 4)),
    Entry(A1, "appeal-late", "category", "consultant", 65),
    Entry(A1, "appeal-rejected", "position", correct=69, wrong=True),
    # Published on Friday 6 February 2026.
    Entry(A1, "head-84.5", "position", correct=169, total=200, batch=2),
    Entry(A1, "assistant-28-of-40", "position", correct=28, total=40, batch=2),
    Entry(A1, "term-over", "category", "consultant", 80, batch=2, ratings=_45),
    Entry(A1, "head-90", "initial", correct=90, batch=2),
    Entry(A1, "appeal-passes", "category", "case_manager", 69, batch=2, ratings=_45, wrong=True),
    # Never tested.
    Entry(A1, "absent", "position"),
    Entry(A1, "hours-short", "initial", hours=(40, 30)),
    Entry(A1, "other-profile", "category", "consultant", profile="case_manager"),
    # Published on Thursday 19 March 2026, before Nauryz.
    Entry(A2, "assistant-69", "position", correct=70),
    Entry(A2, "director-84", "initial", correct=85),
    Entry(A2, "head-80", "position", correct=84),
    Entry(A2, "fails-mentor", "category", "case_manager", 60),
    Entry(A2, "fails-twice", "category", "consultant", 60),
    Entry(A2, "initial-69", "initial", correct=75),
    Entry(
        A2,
        "appeal-late",
        "category",
        "consultant",
        85,
        ratings=_46,
        violations=(date(2026, 2, 10),),  # the day of the final decision before, which came to no assessment
    ),
    Entry(A2, "absent", "position", correct=71),
    Entry(A2, "hours-short", "initial", correct=88, hours=(40, 40)),
    Entry(T1, "t-director-85", "position", correct=85),
    Entry(T1, "t-deputy-84", "initial", correct=84),
    Entry(T1, "t-head-85", "position", correct=51, total=60),
    Entry(T1, "t-center-100", "initial", correct=60, total=60),
    Entry(T1, "t-assistant-50", "position", correct=50),
    Entry(T1, "t-jumps-to-mentor", "category", "mentor", 82, ratings=_49),
    Entry(T1, "t-keeps-none", "category", "consultant", 87, ratings=(4, 3)),
    Entry(T1, "t-held", "category", "consultant", 95, ratings=(4, 4)),
    Entry(T1, "t-lowered-to-case-manager", "category", "mentor", 71, ratings=(4, 3, 4)),
    Entry(T1, "t-initial-90", "initial", correct=54, total=60),
    # Published on Friday 17 April 2026.
    Entry(P1, "declares-own", "category", "consultant", 80, ratings=(3, 3, 3)),
    Entry(P1, "becomes-head", "category", "consultant", 60),
    Entry(P1, "initial-then-category", "initial", correct=90),
    Entry(P1, "two-lists", "category", "consultant", 82, ratings=(5, 5)),
    Entry(P1, "parallel-failure", "category", "consultant", 60),
    Entry(P1, "between-stage-and-decision", "category", "consultant", 85, ratings=(5, 5)),
    Entry(P1, "ground-annulled", "category", "consultant", 60),
    Entry(P1, "ground-annulled-stands", "category", "consultant", 61),
    Entry(P1, "closed-without-decision", "position", correct=69),
    Entry(P1, "typed-60", "position", correct=60),
    Entry(
        P1, "wrong-violation", "category", "consultant", 85, ratings=(5, 5), violations=(date(2026, 2, 16),)
    ),
    Entry(P1, "head-before-decision", "category", "consultant", 90, ratings=(5, 5)),
    Entry(P1, "nobody-to-tell", "position", correct=60),
    # Published on Friday 19 June 2026.
    Entry(P2, "becomes-head", "position", correct=84),
    Entry(
        P2,
        "initial-then-category",
        "category",
        "consultant",
        90,
        ratings=(5, 5),
        violations=(date(2025, 9, 10), date(2026, 3, 2)),  # before its `initial` became final
    ),
    Entry(P2, "parallel-failure", "category", "consultant", 85, ratings=(5, 5)),
    Entry(P2, "ground-annulled", "category", "consultant", 65),
    Entry(P2, "ground-annulled-stands", "category", "consultant", 66),
    Entry(P2, "closed-without-decision", "position", correct=60),
    Entry(P2, "nobody-to-tell", "position", correct=61),
    # Published on Friday 16 October 2026.
    Entry(
        P3,
        "between-stage-and-decision",
        "category",
        "case_manager",
        90,
        ratings=(5, 5),
        violations=(date(2026, 4, 20),),  # after the stage of April and before its final decision
    ),
)

# The last day of the window for each cycle: the day its testing stage ended.
STAGE_ENDS = {
    A1: date(2026, 2, 6),
    A2: date(2026, 3, 19),
    T1: date(2026, 3, 19),
    P1: date(2026, 4, 17),
    P2: date(2026, 6, 19),
    P3: date(2026, 10, 16),
}
# Ratings and violations outside the window of "first-category": they must not count.
OUTSIDE_DAYS = (date(2025, 2, 6), date(2026, 2, 7))


# Lists that must be refused: file -> (key, purpose, declared) of each row.
REFUSED = {
    "akm1-attestees-refused": (
        ("initial-70", "position", None),  # I-22
        ("confirms-mentor", "category", "case_manager"),  # I-18
        ("assistant-70", "category", "consultant"),  # I-22
    ),
    "pav1-attestees-refused": (("mentor-in-force", "initial", None),),  # I-22
    # Their cases of April are not final yet (I-31).
    "pav2-attestees-refused": (
        ("two-lists", "category", "case_manager"),
        ("parallel-failure", "category", "consultant"),
    ),
}
# Who takes up another position: file -> (key, position).
MOVES = {
    "staff-pavlodar-2": ("head-before-decision", "unit_head"),
    "staff-pavlodar-3": ("becomes-head", "unit_head"),
}


@dataclass(frozen=True)
class Appealed:
    """One appealed question: when it was filed, and the commission's ruling (none where it came late)."""

    file: int
    external_id: str
    key: str
    question: int
    argument: str
    filed_at: str
    ruling: str = ""
    reason: str = ""


_BOTH = "Сұрақта екі жауап нұсқасы да дұрыс: Қағиданың 12-тармағында екеуі де аталған."
_KEY = "Ключ теста расходится с действующей редакцией Правил: верен вариант «Б»."
_AGREED = "Комиссия согласилась: ключ теста устарел."
_PLAIN = "Сұрақ бірмәнді, тест кілті дұрыс."

APPEALS = (
    Appealed(1, "AP-101", "appeal-passes", 12, _KEY, "2026-02-10 16:30:00", "uphold", _AGREED),
    Appealed(1, "AP-101", "appeal-passes", 47, _BOTH, "2026-02-10 16:30:00", "reject", _PLAIN),
    Appealed(1, "AP-102", "appeal-rejected", 5, _BOTH, "2026-02-09 23:59:59", "reject", _PLAIN),
    Appealed(1, "AP-103", "appeal-late", 33, _KEY, "2026-02-10 00:00:00"),
    Appealed(2, "AP-104", "reopened-confers", 8, _KEY, "2026-02-09 18:05:00", "uphold", _AGREED),
    Appealed(2, "AP-105", "reopened-restores", 21, _BOTH, "2026-02-09 09:00:00", "uphold", _AGREED),
    Appealed(2, "AP-105", "reopened-restores", 64, _KEY, "2026-02-09 09:00:00", "uphold", _AGREED),
)
