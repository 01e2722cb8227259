"""Headers: three languages, any order, misspelt, doubled, forbidden (F-I5, F-I6)."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands, load_command_class

from attestation.intake.child import squeezed
from attestation.intake.columns import FULL_NAME, find_layout
from attestation.intake.forbidden import FORBIDDEN
from attestation.intake.headers import NAME_PARTS, SYNONYMS
from attestation.intake.kinds.staff import StaffResource
from attestation.intake.reading import Row
from attestation.intake.spec import KINDS, IntakeResource, import_kind
from attestation.management.import_command import ImportCommand
from attestation.refusals import Refused

REQUIRED = ["iin", "last_name", "first_name", "center_bin", "position", "hired_on"]
COLUMNS = StaffResource.columns()


def layout(*rows):
    return find_layout([Row(n, list(cells)) for n, cells in enumerate(rows, start=1)], COLUMNS)


def layout_by(answers, *rows):
    return find_layout([Row(n, list(cells)) for n, cells in enumerate(rows, start=1)], COLUMNS, answers)


def refusal(*rows):
    with pytest.raises(Refused) as caught:
        layout(*rows)
    return caught.value


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_f_i6_headers_of_each_language_in_any_order(language):
    header = [getattr(column, language) for column in COLUMNS.values()][::-1]
    found = layout(header)
    assert list(found.places) == list(COLUMNS)[::-1]
    assert found.ignored == []


def test_f_i6_headers_of_mixed_languages_with_stars_blanks_and_yo():
    found = layout(
        ["  иин * ", "ТЕГІ", "first\u00a0name", "БИН  центра", "Лауазымы*", "дата приЕма", "\ufeffunit"]
    )
    assert found.places == {
        "iin": 0,
        "last_name": 1,
        "first_name": 2,
        "center_bin": 3,
        "position": 4,
        "hired_on": 5,
        "unit": 6,
    }


def test_f_i6_the_header_is_found_among_the_first_ten_rows():
    above = [["Список работников"], ["на", 1, None], ["ИИН — 12 цифр"]] + [["x"]] * 6
    assert layout(*above, REQUIRED).header_row == 10
    assert refusal(*above, ["x"], REQUIRED).code == "header_missing"


def test_unknown_columns_are_named_and_ignored():
    found = layout([*REQUIRED, "Примечание", "id", None])
    assert found.ignored == [("G", "Примечание"), ("H", "id")]


def test_f_i6_no_header_at_all():
    assert str(refusal(["Сводка"], ["всего", 3])) == (
        "None of the first ten rows holds the expected headers: IIN, Last name, First name, Center BIN, "
        "Position, Hired on. Put them into the row above the data and upload the file again."
    )


def test_f_i6_a_doubled_header_is_asked_about_with_both_letters():
    refused = refusal([*REQUIRED, "ИИН"])
    assert refused.code == "column_doubled"
    assert str(refused).startswith(
        "These columns hold the same field: A “iin”, G “ИИН”. Say which of them is not needed."
    )
    found = layout_by({"=G": ""}, [*REQUIRED, "ИИН"])
    assert (found.places["iin"], found.ignored) == (0, [("G", "ИИН")])


def test_f_i6_a_misspelt_header_gets_a_suggestion():
    header = ["iin", "Фамилиа", *REQUIRED[2:]]
    unsettled = refusal(header)
    unsure, missing = unsettled.errors()
    headers = [{"column": "B", "header": "Фамилиа", "suggestion": "last_name"}]
    assert (unsure["code"], unsure["headers"]) == ("unsure_header", headers)
    assert (missing["code"], missing["headers"]) == ("column_missing", headers)
    assert str(unsettled) == f"{unsure['message']} {missing['message']}"
    assert layout_by({"фамилиа": "last_name"}, header).places["last_name"] == 1


def test_f_i6_a_misspelt_optional_header_is_not_lost():
    unsettled = refusal([*REQUIRED, "Очество", "Подразделние"])
    assert [error["code"] for error in unsettled.errors()] == ["unsure_header"]
    assert unsettled.layout.unsure == {6: "patronymic", 7: "unit"}
    found = layout_by({"очество": "", "подразделние": "unit"}, [*REQUIRED, "Очество", "Подразделние"])
    assert (found.places["unit"], found.ignored) == (7, [("G", "Очество")])


def test_f_i6_missing_columns_are_named():
    assert str(refusal(["iin", "last_name", "first_name"])) == (
        "These columns are missing: Center BIN, Position, Hired on. "
        "Add them and upload the file again, or say which columns hold them."
    )


@pytest.mark.parametrize(
    "title",
    [
        "ИИН / ЖСН",
        "ИИН/ЖСН/IIN:",
        "ИИН\nЖСН",
        "ИИН (12 цифр)*",
        "ЖСН [ИИН]",
        " и и н . ",
    ],
)
def test_f_i6_a_dressed_header_is_taken(title):
    found = layout([title, *REQUIRED[1:]])
    assert (found.places["iin"], found.guessed) == (0, [])


def test_f_i6_a_header_of_two_fields_is_no_field():
    assert refusal([*REQUIRED, "Отчество / Подразделение"]).layout.unsure == {6: "patronymic"}


def test_f_i6_two_merged_rows_are_one_header():
    above = ["ИИН", "ФИО работника по документу", None, None, "БИН центра", "Должность", "Дата приёма"]
    below = [None, "Фамилия", "Имя", "Отчество", None, None, "(дд.мм.гггг)"]
    found = layout(["Список"], above, below)
    assert found.header_row == 3
    assert [found.places[name] for name in (*REQUIRED, "patronymic")] == [0, 1, 2, 4, 5, 6, 3]


def test_f_i6_what_people_write_is_guessed_where_no_other_column_claims_the_field():
    found = layout(["ИИН сотрудника", *REQUIRED[1:], "Отдел"])
    assert (found.places["iin"], found.places["unit"], found.guessed) == (0, 6, [0, 6])
    assert layout([*REQUIRED, "ИИН сотрудника"]).ignored == [("G", "ИИН сотрудника")]
    assert refusal([*REQUIRED, "Отдел", "Сектор"]).layout.unsure == {6: "unit", 7: "unit"}


def test_f_i6_a_whole_name_is_split_where_its_parts_have_no_columns():
    found = layout(["iin", "Ф.И.О.", *REQUIRED[3:]])
    assert [found.places[name] for name in NAME_PARTS] == [1, 1, 1]
    assert (found.parts, found.guessed) == ({"last_name": 0, "first_name": 1, "patronymic": 2}, [1])
    assert found.field_at(1) == FULL_NAME
    assert layout([*REQUIRED, "ФИО"]).ignored == [("G", "ФИО")]


def test_no_word_stands_for_two_fields_of_a_kind():
    for kind in KINDS.values():
        columns = kind.resource.columns()
        meant = {}
        for name, column in columns.items():
            for word in (name, *column.headers, *SYNONYMS.get(name, ())):
                assert meant.setdefault(squeezed(word), name) == name, (kind, word)


@pytest.mark.parametrize("title", ["decision", "Шешім", "role", "Ұпай", "is_superuser", "Пароль *"])
def test_f_i5_a_forbidden_column_refuses_the_file(title):
    refused = refusal([*REQUIRED, title])
    assert refused.code == "column_forbidden"
    assert str(refused).startswith(f"These columns may not be imported: G “{title}”. What they hold is set")


def test_f_i5_forbidden_columns_are_named_all_at_once():
    assert "G “Решение”, I “Баллы:”" in str(refusal([*REQUIRED, "Решение", "Примечание", "Баллы:"]))


@pytest.mark.parametrize(
    ("values", "ours"),
    [
        (["работает", "в отпуске"], False),
        (["работает", "Допущен к тестированию"], True),
        (["final"], True),
        (["атқаратын лауазымына сәйкес келеді"], True),
    ],
)
def test_f_i5_the_status_of_a_staff_is_ignored_unless_its_values_are_ours(values, ours):
    rows = [Row(1, [*REQUIRED, "Статус"])]
    if ours:
        with pytest.raises(Refused):
            find_layout(rows, COLUMNS, None, lambda _place: values)
    else:
        assert find_layout(rows, COLUMNS, None, lambda _place: values).ignored == [("G", "Статус")]


def test_a_field_of_the_file_itself_is_never_forbidden():
    for kind in KINDS.values():
        columns = kind.resource.columns()
        words = {squeezed(word) for name, column in columns.items() for word in (name, *column.headers)}
        if kind.name != "rulings" and kind.resource.writes:
            assert not words & FORBIDDEN, kind


def test_each_kind_has_a_command_of_its_own():

    for kind in KINDS.values():
        command = load_command_class(get_commands()[kind.command], kind.command)
        if kind.resource.writes:
            assert isinstance(command, ImportCommand), kind
            assert command.kind == kind.name


@pytest.mark.parametrize(
    "wrong",
    [
        {"right": "import_cats"},
        {"name": "staff"},
        {"place": 20},
        {"resource": IntakeResource},
        {"step": "list"},
    ],
)
def test_half_a_kind_is_refused_as_the_app_starts(wrong):
    whole = {"title": "Cats", "right": "import_staff", "command": "import_cats", "place": 5, **wrong}
    resource = whole.pop("resource", StaffResource)
    with pytest.raises(ImproperlyConfigured):
        import_kind(whole.pop("name", "cats"), **whole)(resource)
    with pytest.raises(TypeError):
        import_kind("cats", title="Cats")


def test_every_field_of_the_formats_page_has_its_four_names():
    names = {name: column.headers for name, column in COLUMNS.items()}
    assert names["iin"] == ("ЖСН", "ИИН", "IIN")
    assert names["category_from"] == ("Санат берілген күні", "Дата присвоения категории", "Category from")
    assert [name for name, column in COLUMNS.items() if column.required] == REQUIRED
