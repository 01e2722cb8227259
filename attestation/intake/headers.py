"""Which field a header means: its label, a word that people use for it, or something near to it.

Rules as docs/formats.md gives them: a header is *taken*, *guessed* or *unsure*; anything else is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import SequenceMatcher

from attestation.intake.child import bare, squeezed

DIVIDES = re.compile(r"[/|\r\n]")
NEAR = 0.75

# What people and programs write over a column, by field. A word may stand for one field of a kind only.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "iin": (
        *("иин сотрудника", "иин работника", "иин физлица", "иин физического лица", "иин аттестуемого"),
        *("номер иин", "жеке сәйкестендіру нөмірі", "қызметкердің жсн", "жсн нөмірі"),
        *("индивидуальный идентификационный номер", "individual identification number", "iin number"),
    ),
    "last_name": ("фамилия сотрудника", "фамилия работника", "қызметкердің тегі", "surname", "family name"),
    "first_name": ("имя сотрудника", "имя работника", "есімі", "қызметкердің аты", "given name"),
    "patronymic": ("отчество сотрудника", "отчество работника", "middle name"),
    "center_bin": (
        *("бин", "бсн", "bin", "бин организации", "бин учреждения", "бин предприятия", "бин кгу"),
        *("бин работодателя", "бин филиала", "ұйымның бсн", "мекеменің бсн", "бин/иин организации"),
        *("organization bin", "organisation bin", "employer bin"),
    ),
    "unit": (
        *("отдел", "структурное подразделение", "подразделение организации", "департамент", "управление"),
        *("сектор", "құрылымдық бөлімше", "бөлімше", "department", "division"),
    ),
    "language": ("язык обучения", "язык аттестации", "язык тестирования", "аттестаттау тілі"),
    "position": (
        *("штатная должность", "должность по штатному", "должность по штатному расписанию"),
        *("занимаемая должность", "наименование должности", "должность сотрудника", "должность работника"),
        *("қызметі", "атқаратын лауазымы", "лауазым", "лауазым атауы", "job title", "post"),
    ),
    "hired_on": (
        *("дата приема на работу", "дата поступления", "дата трудоустройства", "принят", "дата найма"),
        *("дата начала работы", "принят на работу", "дата приема сотрудника", "жұмысқа қабылданған күні"),
        *("жұмысқа алынған күні", "hire date", "date of hire", "hiring date", "date hired", "start date"),
    ),
    "email": (
        *("почта", "e-mail", "email", "эл. почта", "эл.почта", "эл. адрес", "электронный адрес", "mail"),
        *("адрес электронной почты", "эл. пошта", "пошта", "электрондық мекенжай", "e-mail address"),
    ),
    "category": (
        *("квалификационная категория", "біліктілік санаты", "санат", "qualification category"),
        *("действующая категория", "присвоенная категория"),
    ),
    "category_from": (
        *("дата присвоения", "дата категории", "категория с", "категория присвоена", "санат күні"),
        *("дата присвоения квалификационной категории", "date of category"),
    ),
    "hours_required": ("план часов", "плановые часы", "часов по плану", "қажетті сағат", "planned hours"),
    "hours_completed": (
        *("факт часов", "фактические часы", "часов пройдено", "фактически пройдено часов", "пройденные часы"),
        *("нақты сағат", "completed hours"),
    ),
    "course_category": ("профиль", "категория курса", "курс санаты"),
    "questions_total": ("количество вопросов", "число вопросов", "вопросов всего", "барлық сұрақтар"),
    "correct_answers": (
        *("правильные ответы", "верных ответов", "верные ответы", "количество правильных ответов"),
        *("дұрыс жауаптар саны", "correct"),
    ),
    "wrong_questions": ("неправильные вопросы", "номера неверных вопросов", "қате сұрақтардың нөмірлері"),
    "test_variant": ("вариант", "номер варианта", "нұсқа", "variant"),
    "test_language": ("язык тестирования", "язык сдачи", "тестілеу тілі"),
    "finished_at": (
        *("дата и время окончания", "дата и время завершения", "время завершения", "окончание теста"),
        *("аяқталу уақыты", "тест аяқталған уақыт", "completed at", "end time"),
    ),
    "rated_on": ("дата оценивания", "дата выставления оценки", "бағалау күні", "rating date"),
    "score": ("балл оценки", "оценка обслуживания", "rating"),
    "recorded_on": ("дата нарушения", "дата фиксации", "бұзушылық күні", "violation date"),
    "description": ("описание нарушения", "суть нарушения", "нарушение", "бұзушылық", "violation"),
    "external_id": (
        *("id", "внешний id", "идентификатор", "код записи", "номер записи", "жазба нөмірі", "external no"),
        *("номер апелляции", "апелляция нөмірі"),
    ),
    "purpose": ("цель аттестации", "аттестаттау мақсаты", "вид аттестации"),
    "declared": ("заявляемая категория", "категория по заявлению", "өтініш берілген санат"),
    "question": ("вопрос", "№ вопроса", "сұрақ", "сұрақ №", "question number"),
    "argument": ("довод", "доводы", "аргумент", "дәлел", "дәлелдер"),
    "ground": ("основание апелляции", "негіз", "негізі"),
    "filed_at": ("дата и время подачи", "дата подачи", "подана", "берілген күні мен уақыты", "filed on"),
    "ruling": ("результат рассмотрения", "қарау нәтижесі"),
    "reason": ("обоснование решения", "причина", "шешімнің негіздемесі"),
    "name_kk": ("наименование на казахском", "название на казахском", "атауы қазақша", "қазақша атауы"),
    "name_ru": ("наименование на русском", "название на русском", "атауы орысша", "орысша атауы"),
    "parent_bin": ("бин вышестоящей организации", "бин головной организации", "жоғары тұрған ұйымның бсн"),
    "region": ("область", "облыс", "өңірі"),
}
# A column that holds the three parts of a name, read as the words in it stand: last, first, patronymic.
NAME_PARTS = ("last_name", "first_name", "patronymic")
FULL_NAMES = (
    *("фио", "ф.и.о", "ф. и. о.", "фамилия имя отчество", "фамилия, имя, отчество", "фио сотрудника"),
    *("ф.и.о. сотрудника", "фио работника", "ф.и.о. работника", "сотрудник", "работник", "физическое лицо"),
    *("фио (полностью)", "фио аттестуемого", "фамилия, имя, отчество (при наличии)", "аты-жөні", "аты жөні"),
    *("тегі, аты, әкесінің аты", "тегі аты әкесінің аты", "т.а.ә.", "таә", "қызметкер"),
    *("қызметкердің аты-жөні", "full name", "employee", "employee name"),
)
FULL_NAME = frozenset(squeezed(word) for word in FULL_NAMES)


def spellings(title: str) -> Iterator[list[str]]:
    """The words that a header may mean, the surest first: as it stands, without brackets, then its parts."""
    yield [squeezed(title)]
    yield [bare(title)]
    parts = DIVIDES.split(title)
    if len(parts) > 1:
        yield [word for part in parts for word in (squeezed(part), bare(part))]


def meant_by(title: str, words: Mapping[str, str]) -> str | None:
    """The one field whose word the header is; None where it is nobody's, or two fields'."""
    for some in spellings(title):
        found = {words[word] for word in some if word in words}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def is_full_name(title: str) -> bool:
    """Whether the header stands over the whole name of a person."""
    return any(word in FULL_NAME for some in spellings(title) for word in some)


def synonyms_of(fields: Collection[str]) -> dict[str, str]:
    """The words that people use for these fields."""
    return {squeezed(word): name for name in fields for word in SYNONYMS.get(name, ())}


def nearest(title: str, labels: Mapping[str, str]) -> str | None:
    """The field whose label the header is near to, by the letters they share."""
    best, found = NEAR, None
    for word in dict.fromkeys(word for some in spellings(title) for word in some if word):
        matcher = SequenceMatcher(None, "", word, autojunk=False)
        for label, name in labels.items():
            matcher.set_seq1(label)
            if matcher.real_quick_ratio() >= best and (ratio := matcher.ratio()) >= best:
                if found is None or ratio > best:
                    found = name
                best = ratio
    return found
