"""Headers: three languages, any order, misspelt, doubled, forbidden (F-I5, F-I6)."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands, load_command_class

from attestation.intake.columns import find_layout
from attestation.intake.kinds.staff import StaffResource
from attestation.intake.reading import Row
from attestation.intake.spec import KINDS, IntakeResource, import_kind
from attestation.management.import_command import ImportCommand
from attestation.refusals import Refused

REQUIRED = ["iin", "last_name", "first_name", "center_bin", "position", "hired_on"]
COLUMNS = StaffResource.columns()


def layout(*rows):
    return find_layout([Row(n, list(cells)) for n, cells in enumerate(rows, start=1)], COLUMNS)


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


def test_f_i6_a_doubled_header_is_refused_with_both_letters():
    assert str(refusal([*REQUIRED, "ИИН"])) == (
        "Columns A and G hold the same field, “ИИН”. Delete one of them and upload the file again."
    )


def test_f_i6_a_misspelt_header_gets_a_suggestion():
    assert str(refusal(["iin", "Фамилиа", *REQUIRED[2:]])) == (
        "Column “Last name” is missing. Column B “Фамилиа” looks like it: "
        "correct its header and upload the file again."
    )


def test_f_i6_missing_columns_are_named():
    assert str(refusal(["iin", "last_name", "first_name"])) == (
        "These columns are missing: Center BIN, Position, Hired on. Add them and upload the file again."
    )


@pytest.mark.parametrize("title", ["decision", "Статус", "Шешім", "role", "Ұпай", "is_superuser", "Пароль *"])
def test_f_i5_a_forbidden_column_refuses_the_file(title):
    refused = refusal([*REQUIRED, title])
    assert refused.code == "column_forbidden"
    assert str(refused).startswith(f"Column G “{title}” may not be imported: it is set by the acts")


def test_a_field_of_the_file_itself_is_never_forbidden():
    from attestation.intake.columns import FORBIDDEN
    from attestation.intake.values import folded

    for kind in KINDS.values():
        columns = kind.resource.columns()
        words = {folded(word) for name, column in columns.items() for word in (name, *column.headers)}
        if kind.name != "rulings":
            assert not words & FORBIDDEN, kind


def test_each_kind_has_a_command_of_its_own():

    for kind in KINDS.values():
        command = load_command_class(get_commands()[kind.command], kind.command)
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
