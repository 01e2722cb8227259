"""The commands of the demo walk in order, each with its moment (Asia/Almaty)."""

from dataclasses import dataclass, field
from typing import Any

PASSWORD = "kettle-drum-ostrich-9\n"  # for a database that is thrown away
REPORTS = (
    "akm1-reopened",
    "akm1",
    "akm2",
    "tur",
    "pav1-first",
    "health-april",
    "pav2-first",
    "health-june",
    "pav2-annulled",
    "pav1",
    "pav2",
    "pav3",
)


@dataclass(frozen=True)
class Step:
    """One call of manage.py. `answers` are fields of its JSON; `status` is the exit status that is right."""

    at: str
    command: str
    arguments: tuple[str, ...] = ()
    status: int = 0
    json: bool = True
    stdin: str | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    report: str = ""


# After an appeal that turned a failed test, after one recorded late, after the re-attestations.
REPLAY = Step("", "replay", answers={"differences": []})


def _import(at: str, command: str, file: str, *arguments: str, **answers: Any) -> Step:
    return Step(at, command, (file, *arguments), answers={"errors": [], **answers})


def _officer(at: str, username: str, *arguments: str) -> Step:
    return Step(at, "create_officer", (username, *arguments), json=False, stdin=PASSWORD)


def _cycle(code: str, center: str, starts: str, ends: str, at: str) -> Step:
    arguments = ("--center", center, "--code", code, "--testing-starts", starts, "--testing-ends", ends)
    return Step(at, "open_cycle", arguments)


def _report(name: str, code: str, *arguments: str) -> Step:
    return Step("", "report", ("--cycle", code, *arguments), report=name)


def _listed(code: str, name: str, day: str) -> list[Step]:
    """The list, the courses and the admission of one cycle, on one day."""
    cycle = ("--cycle", code)
    return [
        Step(f"{day}T10:00", "list_attestees", (*cycle, "--file", f"{name}-attestees.xlsx")),
        _import(f"{day}T10:30", "import_courses", f"{name}-courses.xlsx", *cycle),
        Step(f"{day}T11:00", "admit", cycle),
    ]


def _read(number: int, stage_ended: str, day: str) -> list[Step]:
    through = ("--read-through", stage_ended)
    return [
        _import(f"{day}T10:00", "import_ratings", f"ratings-{number}.xlsx", *through),
        _import(f"{day}T10:15", "import_violations", f"violations-{number}.csv", *through),
        Step(f"{day}T11:00", "sweep"),
    ]


def _staff(bins: dict[str, str]) -> list[Step]:
    return [
        _officer("2026-01-05T09:00", "chair", "--role", "chair", "--from", "2026-01-05"),
        Step("2026-01-05T09:05", "confirm_calendar", ("2026",), answers={"confirmed": True}),
        _import("2026-01-05T09:10", "import_centers", "centers.xlsx", new=10),
        _import("2026-01-05T09:20", "import_staff", "staff-akmola.xlsx", new=47),
        _import("2026-01-05T09:30", "import_staff", "staff-turkistan.csv", new=22),
        _officer("2026-01-05T09:40", "hr-akmola", "--role", "hr", "--center", bins["akmola"]),
    ]


def _akmola_first(bins: dict[str, str]) -> list[Step]:
    cycle = ("--cycle", "AKM-2026-1")
    return [
        _cycle("AKM-2026-1", bins["akmola"], "2026-02-02", "2026-02-06", "2026-01-12T09:00"),
        *_listed("AKM-2026-1", "akm1", "2026-01-19"),
        Step(
            "2026-01-19T12:00",
            "list_attestees",
            (*cycle, "--file", "akm1-attestees-refused.csv", "--as", "hr-akmola"),
            status=1,
        ),
        _import(
            "2026-02-05T17:20", "import_results", "akm1-results-1.xlsx", *cycle, "--as", "hr-akmola", new=27
        ),
        Step("2026-02-05T17:40", "publish_results", (*cycle, "--as", "hr-akmola")),
        _import("2026-02-06T18:30", "import_results", "akm1-results-2.xlsx", *cycle, new=5),
        Step("2026-02-06T19:00", "publish_results", cycle),
        *_read(1, "2026-02-06", "2026-02-07"),
        _ruling("2026-02-08T12:00", bins["no-ratings"], "0", "Бағалар жоқ: қызмет көрсетілмеген."),
        _import("2026-02-10T18:00", "import_appeals", "appeals-1.xlsx", *cycle),
        Step("2026-02-11T09:00", "sweep"),
        _ruling("2026-02-12T10:00", bins["rating-gap"], "10", "Средняя 4,0: отзывы без замечаний."),
        Step("2026-02-12T11:00", "rule_appeals", ("rulings-1.csv", "--as", "chair")),
        Step("2026-02-13T09:00", "sweep"),
        REPLAY,
        _import(
            "2026-02-16T10:00",
            "import_violations",
            "violations-1-stepnogorsk.csv",
            "--read-through",
            "2026-02-06",
        ),
        Step("2026-02-17T09:00", "sweep"),
        _import("2026-02-18T15:00", "import_appeals", "appeals-2.xlsx", *cycle),
        _report("akm1-reopened", "AKM-2026-1"),
        Step("2026-02-20T11:00", "rule_appeals", ("rulings-2.csv", "--as", "chair")),
        Step("2026-02-21T09:00", "sweep"),
        REPLAY,
    ]


def _ruling(at: str, iin: str, points: str, reason: str) -> Step:
    arguments = (
        "--cycle",
        "AKM-2026-1",
        "--iin",
        iin,
        "--points",
        points,
        "--reason",
        reason,
        "--as",
        "chair",
    )
    return Step(at, "rule_rating", arguments, json=False)


def _march(bins: dict[str, str]) -> list[Step]:
    """The second cycle of Akmola and the one of Turkistan, side by side before Nauryz."""
    made = [
        _cycle("AKM-2026-2", bins["akmola"], "2026-03-16", "2026-03-19", "2026-02-23T09:00"),
        _cycle("TUR-2026-1", bins["turkistan"], "2026-03-16", "2026-03-19", "2026-02-23T09:10"),
        *_listed("AKM-2026-2", "akm2", "2026-03-02"),
        *_listed("TUR-2026-1", "tur", "2026-03-03"),
    ]
    for code, name, count in (("AKM-2026-2", "akm2", 9), ("TUR-2026-1", "tur", 10)):
        cycle = ("--cycle", code)
        made += [
            _import("2026-03-19T15:00", "import_results", f"{name}-results-1.xlsx", *cycle, new=count),
            Step("2026-03-19T16:00", "publish_results", cycle),
        ]
    return [
        *made,
        *_read(2, "2026-03-19", "2026-03-20"),
        Step("2026-03-28T09:00", "sweep"),
        Step(
            "2026-03-30T09:00",
            "close_consequence",
            (
                *("--cycle", "AKM-2026-2", "--iin", bins["fails-twice"]),
                *("--done", "Переведён на должность ассистента приказом № 14", "--as", "hr-akmola"),
            ),
            json=False,
        ),
    ]


def _refused_list(at: str, code: str, file: str) -> Step:
    return Step(at, "list_attestees", ("--cycle", code, "--file", f"{file}.csv"), status=1)


def _published(code: str, name: str, day: str, count: int) -> list[Step]:
    cycle = ("--cycle", code)
    return [
        _import(f"{day}T17:00", "import_results", f"{name}-results-1.xlsx", *cycle, new=count),
        Step(f"{day}T18:00", "publish_results", cycle),
    ]


def _lives_first(bins: dict[str, str]) -> list[Step]:
    """April in Pavlodar, where no centre has an HR officer; what follows from it before the next stage."""
    cycle = ("--cycle", "PAV-2026-1")

    def case(key: str) -> tuple[str, ...]:
        return (*cycle, "--iin", bins[key])

    paper = ("--document", "Акт сверки № 3 от 28.04.2026")
    typed = ("--correct", "80", "--reason", "В протоколе 80 верных ответов, внесено 60", *paper)
    voided = ("--kind", "violation", "--external-id", "V-3001", "--reason", "Запись чужая", *paper)
    return [
        _import("2026-03-30T10:00", "import_staff", "staff-pavlodar.xlsx", new=14),
        _cycle("PAV-2026-1", bins["pavlodar"], "2026-04-13", "2026-04-17", "2026-03-30T11:00"),
        _refused_list("2026-03-31T09:00", "PAV-2026-1", "pav1-attestees-refused"),
        *_listed("PAV-2026-1", "pav1", "2026-03-31"),
        *_published("PAV-2026-1", "pav1", "2026-04-17", 13),
        *_read(3, "2026-04-17", "2026-04-18"),
        # Before the decisions of April are final.
        _cycle("PAV-2026-2", bins["pavlodar"], "2026-06-15", "2026-06-19", "2026-04-20T09:00"),
        _refused_list("2026-04-20T09:30", "PAV-2026-2", "pav2-attestees-refused"),
        _import("2026-04-20T10:00", "import_staff", "staff-pavlodar-2.csv", changed=1),
        Step("2026-04-23T09:00", "sweep"),
        _report("pav1-first", "PAV-2026-1", "--on", "2026-04-23"),
        Step("", "health", status=1, report="health-april"),
        _officer("2026-04-28T10:10", "administrator", "--role", "administrator"),
        Step(
            "2026-04-29T10:00",
            "correct_result",
            (*case("typed-60"), *typed, "--as", "administrator"),
            answers={"state": "proposed"},
        ),
        Step(
            "2026-04-29T10:10",
            "void_record",
            (*voided, "--as", "administrator"),
            answers={"state": "proposed"},
        ),
        # A second person has to.
        Step(
            "2026-04-29T10:20", "confirm_correction", (*case("typed-60"), "--as", "administrator"), status=1
        ),
        Step("2026-04-30T10:00", "confirm_correction", (*case("typed-60"), "--as", "chair")),
        Step("2026-04-30T10:10", "confirm_correction", (*case("wrong-violation"), "--as", "chair")),
        Step("2026-05-08T09:00", "sweep"),
        _import("2026-05-12T10:00", "import_staff", "staff-pavlodar-3.csv", changed=1),
        Step("2026-05-13T09:00", "sweep"),
        REPLAY,
    ]


def _lives_between(bins: dict[str, str]) -> list[Step]:
    """June: re-attestations, and what becomes of them when their ground is annulled; October."""
    first, second = ("--cycle", "PAV-2026-1"), ("--cycle", "PAV-2026-2")
    made = [
        *_listed("PAV-2026-2", "pav2", "2026-06-01"),
        *_published("PAV-2026-2", "pav2", "2026-06-19", 7),
        Step(
            "2026-06-19T19:00",
            "close_attestation",
            (
                *(*second, "--iin", bins["closed-without-decision"]),
                *("--reason", "Работник просит не рассматривать", "--as", "administrator"),
            ),
            status=1,
        ),
        *_read(4, "2026-06-19", "2026-06-20"),
        Step("2026-06-25T09:00", "sweep"),
        _report("pav2-first", "PAV-2026-2", "--on", "2026-06-25"),
        Step("", "health", status=1, report="health-june"),
    ]
    for minute, key in enumerate(("ground-annulled", "ground-annulled-stands")):
        made.append(
            Step(
                f"2026-07-13T10:{minute:02}",
                "annul_decision",
                (
                    *(*first, "--iin", bins[key], "--by", "court", "--dated", "2026-07-10"),
                    *("--document", f"Решение суда № {minute + 1}", "--reason", "Тест проведён с нарушением"),
                    *("--as", "administrator"),
                ),
                answers={"dependents": [{"cycle": "PAV-2026-2", "iin": bins[key]}]},
            )
        )
    made += [Step("2026-07-14T09:00", "sweep"), _report("pav2-annulled", "PAV-2026-2", "--on", "2026-07-14")]
    for minute, (key, outcome) in enumerate(
        (("ground-annulled", "anew"), ("ground-annulled-stands", "stands"))
    ):
        made.append(
            Step(
                f"2026-07-20T10:{minute:02}",
                "settle_ground",
                (
                    *(*second, "--iin", bins[key], "--outcome", outcome),
                    *("--reason", "Решение суда рассмотрено", "--as", "chair"),
                ),
                answers={"outcome": outcome},
            )
        )
    return [
        *made,
        Step("2026-07-22T09:00", "sweep"),
        REPLAY,
        _cycle("PAV-2026-3", bins["pavlodar"], "2026-10-12", "2026-10-16", "2026-09-21T09:00"),
        *_listed("PAV-2026-3", "pav3", "2026-09-28"),
        *_published("PAV-2026-3", "pav3", "2026-10-16", 1),
        *_read(5, "2026-10-16", "2026-10-17"),
        Step("2026-10-22T09:00", "sweep"),
    ]


def steps(numbers: dict[str, str]) -> list[Step]:
    """The whole walk. `numbers` are the BINs and IINs of who.csv by their keys."""
    on = ("--on", "2026-10-30")
    return [
        *_staff(numbers),
        *_akmola_first(numbers),
        *_march(numbers),
        _report("akm1", "AKM-2026-1"),
        _report("akm2", "AKM-2026-2"),
        _report("tur", "TUR-2026-1"),
        *_lives_first(numbers),
        *_lives_between(numbers),
        _report("pav1", "PAV-2026-1", *on),
        _report("pav2", "PAV-2026-2", *on),
        _report("pav3", "PAV-2026-3", *on),
        REPLAY,
        Step("", "verify_journal", answers={"broken": None}),
    ]
