"""The files of appeals: the Platform's export, and the rulings of a sitting held elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from appeals.models import Appeal, AppealItem
from appeals.services.bench import Benches
from appeals.services.filing import (
    LATE,
    Appealable,
    Filing,
    Received,
    check_filing,
    check_item,
    file_appeals,
    late_values,
)
from appeals.services.ruling import Pronounced, check_ruling, rule_items
from attestation import access
from attestation.bulk import batched
from attestation.intake import values
from attestation.intake.kinds.cycle_files import OfTheCycle, iin_of, open_cases
from attestation.intake.messages import declare
from attestation.intake.spec import Column, Context, IntakeResource, RowPlan, SheetRow, import_kind
from attestation.intake.staged import BATCH
from attestation.intake.vocabulary import OF_FIELD, Vocabulary
from attestation.law.refusals import RuleRefusal
from attestation.models import Attestation
from attestation.reason_words import coded
from attestation.refusals import Refused

TEXT_MAX = 10_000
MOST_QUESTIONS = 1_000
QUESTION = Column(values.whole(1, MOST_QUESTIONS), "Сұрақ нөмірі", "Номер вопроса", "Question", required=True)
EXTERNAL_ID = Column(
    values.text(120),
    "Сыртқы нөмір",
    "Внешний номер",
    "External id",
    required=True,
    attribute="appeal__external_id",
)

# At which column of the file a refusal belongs; else at the IIN.
FILING_FIELDS = {
    "filed_before_publication": "filed_at",
    "filed_after_recording": "filed_at",
    "question_out_of_range": "question",
    "question_not_wrong": "question",
    "question_taken": "question",
}
RULING_FIELDS = {
    "bad_ruling": "ruling",
    "text_missing": "reason",
    "not_a_member": "present",
    "own_record": "present",
    "voted_absent": "present",
    "voted_twice": "against",
    "no_vote": "for",
    "minutes_missing": "present",
    "no_quorum": "present",
    "recused": "for",
    "not_the_majority": "ruling",
    "ruled_already": "ruling",
    "withdrawn_already": "question",
}


declare(
    {
        "appeal_row_wrong": gettext_lazy(
            "Row %(row)s of the same appeal has an error. Correct it; they are read together."
        ),
        "appeal_differs": gettext_lazy(
            "Appeal %(appeal)s has another value in row %(row)s. Give all its rows the same."
        ),
        "appeal_elsewhere": gettext_lazy(
            "This external id belongs to an appeal outside this cycle. Check the export."
        ),
        "appeal_on_record": gettext_lazy(
            "Appeal %(appeal)s is on record with other contents; an appeal on record is not changed."
        ),
        "no_such_question": gettext_lazy(
            "There is no appeal %(appeal)s with the question %(question)s. Check both numbers."
        ),
        "filed_late": LATE,
    }
)


GROUNDS: Vocabulary = {
    "no_right_answer": ("дұрыс жауап жоқ", "нет верного ответа", "no answer is right"),
    "several_right": (
        "бірнеше дұрыс жауап бар",
        "более одного верного ответа",
        "more than one answer is right",
    ),
    # `faulty_question`: its name in the contract of files.
    "faulty": (
        "сұрақ қате құрастырылған",
        "faulty_question",
        "вопрос некорректен",
        "the question is faulty",
    ),
    "technical": ("техникалық ақау", "технический сбой", "technical fault"),
    "other": ("басқа", "иное", "other"),
}


@import_kind(
    "appeals",
    title=gettext_lazy("Appeals"),
    right="file_appeal",
    command="import_appeals",
    place=80,
    step="appeals",
    link=gettext_lazy("Import appeals"),
)
class AppealResource(OfTheCycle):
    """¶21: one appeal an external id, one row a question; the import is the note of receipt (I-14)."""

    key_field = "external_id"

    iin = iin_of("appeal__attestation__employee")
    question = QUESTION
    argument = Column(
        values.text(TEXT_MAX, lines=True), "Дәлелдеме", "Обоснование", "Argument", required=True
    )
    ground = Column(values.choice(GROUNDS), "Негіз түрі", "Вид основания", "Type of ground")
    filed_at = Column(
        values.moment,
        "Берілген уақыты",
        "Время подачи",
        "Filed at",
        required=True,
        attribute="appeal__filed_at",
    )
    external_id = EXTERNAL_ID

    def on_record(self, context: Context) -> QuerySet[AppealItem]:
        of_cycle = AppealItem.objects.filter(appeal__attestation__cycle=context.the_cycle)
        items = of_cycle.select_related("appeal__attestation__employee").order_by("appeal", "question")
        return access.scoped(context.by.user, items)

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        self.fail_doubled(rows, "external_id", "question")
        listed = open_cases(context).filter(employee__iin__in=self.given_in(rows, "iin"))
        listed = listed.select_related("employee", "center")
        self.cases = {case.employee.iin: case for case in listed}
        found = Appeal.objects.select_related("attestation__employee").prefetch_related("items")
        self.known = context.by_key(found, "external_id", self.given_in(rows, "external_id"))
        self.appealable = Appealable(self.cases.values(), context.by)
        self.visible = self._visible(context)
        self.filings: dict[str, Filing] = {}
        for same in _by_appeal(rows).values():
            self._check_appeal(same, context)

    def _check_appeal(self, rows: Sequence[SheetRow], context: Context) -> None:
        """The rows of one appeal stand or fall together: half an appeal can't be completed later."""
        external_id = rows[0].get("external_id")
        for name in ("iin", "filed_at"):
            self._fail_differing(rows, name)
        known = self.known.get(external_id)
        if known is not None:
            for row in rows:
                self._compare(row, known)
        elif not any(row.errors for row in rows):
            self._check_new(rows, context)
        wrong = next((row for row in rows if row.errors), None)
        for row in rows:
            if wrong is not None and not row.errors:
                row.fail("external_id", "appeal_row_wrong", row=wrong.number)

    @staticmethod
    def _fail_differing(rows: Sequence[SheetRow], name: str) -> None:
        given = [row for row in rows if row.get(name) is not None]
        for row in given[1:]:
            if row.get(name) != given[0].get(name):
                row.fail(name, "appeal_differs", appeal=row.get("external_id"), row=given[0].number)

    def _visible(self, context: Context) -> set[int]:
        """The cases of the cycle in the officer's sight on which an appeal of the file is on record."""
        known = {appeal.attestation_id for appeal in self.known.values()}
        cases = Attestation.objects.filter(pk__in=known, cycle=context.the_cycle)
        return set(access.scoped(context.by.user, cases).values_list("pk", flat=True))

    def _compare(self, row: SheetRow, known: Appeal) -> None:
        """The same export again is no error; an appeal on record is never changed."""
        if row.errors:
            return
        if known.attestation_id not in self.visible:
            row.fail("external_id", "appeal_elsewhere")
        elif self._on_record(row, known) != self._as_data(row):
            row.fail("external_id", "appeal_on_record", appeal=known.external_id)

    def _check_new(self, rows: Sequence[SheetRow], context: Context) -> None:
        first = rows[0]
        case = self.cases.get(first.get("iin"))
        if case is None:
            for row in rows:
                self._fail_unlisted(row, context)
            return
        try:
            filing = check_filing(
                case,
                filed_at=first.get("filed_at"),
                receipt_note=_receipt_note(context),
                by=context.by,
                known=self.appealable,
            )
        except (Refused, RuleRefusal) as refusal:
            for row in rows:
                row.refuse(FILING_FIELDS.get(refusal.code, "iin"), refusal)
            return
        for row in rows:
            try:
                check_item(filing, row.get("question"))
            except (Refused, RuleRefusal) as refusal:
                row.refuse(FILING_FIELDS.get(refusal.code, "question"), refusal)
        filing.take([row.get("question") for row in rows], first.get("external_id"))
        self.filings[first.get("external_id")] = filing

    @staticmethod
    def _fail_unlisted(row: SheetRow, context: Context) -> None:
        row.fail("iin", "not_on_list", code=context.cycle.code if context.cycle else "")

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        after = self._as_data(row)
        known = self.known.get(row.get("external_id"))
        if known is not None:
            return self._on_record(row, known), after
        filing = self.filings.get(row.get("external_id"))
        if filing is not None and not filing.timely:
            row.note(None, "filed_late", **late_values(row.get("filed_at"), filing.deadline))
        return None, after

    def _as_data(self, row: SheetRow) -> dict[str, Any]:
        data = {name: row.get(name) for name in self.columns()}
        # A file without the column, or an empty cell: the type of ground is “other”.
        return data | {"ground": data["ground"] or AppealItem.Ground.OTHER.value}

    @staticmethod
    def _on_record(row: SheetRow, known: Appeal) -> dict[str, Any] | None:
        item = next((item for item in known.items.all() if item.question == row.get("question")), None)
        if item is None:
            return None
        return {
            "iin": known.attestation.employee.iin,
            "question": item.question,
            "argument": item.argument,
            # A file without the column says nothing of the ground.
            "ground": item.ground if row.get("ground") else AppealItem.Ground.OTHER.value,
            # Filed on the page: a cell has no parts of a second.
            "filed_at": known.filed_at.replace(microsecond=0),
            "external_id": known.external_id,
        }

    def write(self, plans: Sequence[RowPlan], context: Context) -> None:
        received = [
            Received(
                self.cases[rows[0].get("iin")],
                filed_at=rows[0].get("filed_at"),
                items=[
                    (row.get("question"), row.get("argument"), self._as_data(row)["ground"]) for row in rows
                ],
                receipt_note=_receipt_note(context),
                external_id=external_id,
            )
            for external_id, rows in _by_appeal([plan.row for plan in plans]).items()
        ]
        for some in batched(received, BATCH):
            file_appeals(some, by=context.by)


def _by_appeal(rows: Sequence[SheetRow]) -> dict[str, list[SheetRow]]:
    """The rows of each appeal, in the order of the file; rows without a readable external id are left out."""
    found: dict[str, list[SheetRow]] = {}
    for row in rows:
        if row.get("external_id"):
            found.setdefault(row.get("external_id"), []).append(row)
    return found


def _receipt_note(context: Context) -> str:
    """I-14: for an imported file, the import is the note of how the appeal was received."""
    return coded("imported_file", name=context.filename[:100])


RULINGS = {
    "uphold": ("қанағаттандырылды", "қанағаттандыру", "удовлетворить", "удовлетворено", "upheld"),
    "reject": (
        *("қанағаттандырусыз қалдырылды", "қанағаттандырусыз қалдыру", "қабылданбады", "қабылдамау"),
        *("отклонить", "отклонено", "rejected"),
    ),
}


OF_FIELD |= {"ground": GROUNDS, "ruling": RULINGS}


@import_kind(
    "rulings", title=gettext_lazy("Rulings on appeals"), right="rule_appeal", command="rule_appeals", place=90
)
class RulingResource(IntakeResource):
    """I-12, I-13: rulings on appealed questions, with those present and the votes where they are given."""

    key_field = "external_id"

    external_id = EXTERNAL_ID
    question = QUESTION
    ruling = Column(values.choice(RULINGS, choosable=False), "Шешім", "Решение", "Ruling", required=True)
    reason = Column(values.text(TEXT_MAX, lines=True), "Негіздеме", "Основание", "Reason", required=True)
    present = Column(
        values.names_list, "Қатысқандар", "Присутствовали", "Present", attribute="minutes__present"
    )
    ayes = Column(values.names_list, "Жақтап", "За", "For", name="for", attribute="minutes__for")
    noes = Column(
        values.names_list, "Қарсы", "Против", "Against", name="against", attribute="minutes__against"
    )

    def on_record(self, context: Context) -> QuerySet[AppealItem]:
        """Of those under blind review none, as on the page: the reason may tell who it is."""
        ruled = AppealItem.objects.exclude(ruling="").select_related("appeal")
        return access.scoped(context.by.user, ruled.order_by("appeal", "question"))

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        self.fail_doubled(rows, "external_id", "question")
        wanted = self.given_in(rows, "external_id")
        items = self._items(context).filter(appeal__external_id__in=wanted)
        self.items = {(item.appeal.external_id, item.question): item for item in items}
        self.benches = Benches(self.items.values(), context.by)

    @staticmethod
    def _items(context: Context) -> QuerySet[AppealItem]:
        """The appealed questions in sight; the appellant's case comes with each."""
        return access.in_sight(
            context.by.user,
            AppealItem.objects.select_related(
                "ruled_by",
                "commission",
                "appeal__attestation__center__parent",
                "appeal__attestation__employee",
            ).prefetch_related("recusals"),
        )

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        after = {"ruling": row.get("ruling"), "reason": row.get("reason"), "minutes": self._minutes(row)}
        item = self.items.get((row.get("external_id"), row.get("question")))
        if item is None:
            row.fail(
                "question", "no_such_question", appeal=row.get("external_id"), question=row.get("question")
            )
            return None, after
        # A sitting's minutes say more than a file can.
        said = {name: item.minutes[name] for name in ("present", "for", "against") if item.minutes.get(name)}
        before = {"ruling": item.ruling, "reason": item.reason, "minutes": said}
        if before == after:
            return before, after
        try:
            check_ruling(
                item,
                ruling=row.get("ruling"),
                reason=row.get("reason"),
                by=context.by,
                minutes=self._minutes(row),
                benches=self.benches,
            )
        except Refused as refusal:
            row.refuse(RULING_FIELDS.get(refusal.code, "external_id"), refusal)
        return None, after

    @staticmethod
    def _minutes(row: SheetRow) -> dict[str, list[str]]:
        """Who was present, who was for upholding and who against it.

        Minutes put the vote either way: on the question's upholding, or on the ruling that the row states.
        A rejection carried by those "for" can only be the latter.
        """
        names = {name: row.get(name) or [] for name in ("present", "for", "against")}
        if row.get("ruling") == AppealItem.Ruling.REJECT and len(names["for"]) > len(names["against"]):
            names["for"], names["against"] = names["against"], names["for"]
        return {name: those for name, those in names.items() if those}

    def write(self, plans: Sequence[RowPlan], context: Context) -> None:
        pronounced = [
            Pronounced(
                self.items[row.get("external_id"), row.get("question")],
                row.get("ruling"),
                row.get("reason"),
                self._minutes(row),
            )
            for row in (plan.row for plan in plans)
        ]
        for some in batched(pronounced, BATCH):
            rule_items(some, by=context.by)
