"""The catalogues: every text is found, none is lost on the way, a missing one fails the check."""

from pathlib import Path

import polib
import pytest
from django.utils import translation
from django.utils.translation import gettext, ngettext

from scripts import messages
from scripts.compile_messages import compile_stale
from scripts.messages import Catalogue, Message, make_entry, placeholders, problems

PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext as many, pgettext
A = _("one " "text")
B = many("%(n)d row", "%(n)d rows", 3)
C = pgettext("month", "May")
D = _(variable)
"""
TEMPLATE = """{% load i18n %}<p title='{% translate "It's here" %}'>{% trans "May" context "month" %}
{% blocktranslate trimmed count n=rows %}
  {{ n }} row
{% plural %}
  {{ n }} rows
{% endblocktranslate %}"""


def test_texts_in_python_are_found_with_plural_and_context() -> None:
    found = list(messages.python_messages(PYTHON, "a.py"))
    assert [(m.context, m.text, m.plural) for m in found] == [
        (None, "one text", None),
        (None, "%(n)d row", "%(n)d rows"),
        ("month", "May", None),
    ]


def test_texts_in_templates_are_found_with_plural_and_context() -> None:
    found = list(messages.template_messages(TEMPLATE, "a.html"))
    assert [(m.context, m.text, m.plural) for m in found] == [
        (None, "It's here", None),
        ("month", "May", None),
        (None, "%(n)s row", "%(n)s rows"),
    ]


def test_an_f_string_is_refused_with_its_place() -> None:
    with pytest.raises(SystemExit, match=r"a\.py:1: an f-string cannot be translated"):
        list(messages.python_messages('_(f"row {n}")', "a.py"))


def test_a_lost_placeholder_is_seen() -> None:
    assert placeholders("%(iin)s of {name}, 70 %") == ["%(iin)s", "{name}"]


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    wanted = {
        m.key: m for m in (Message(None, "Row %(n)s", None, ["a.py"]), Message(None, "Save", None, ["a.py"]))
    }
    monkeypatch.setattr(messages, "our_messages", lambda: wanted)
    return Catalogue("kk", "ours")


def write(catalogue: Catalogue, **translations: str) -> None:
    file = catalogue.read()
    for key, message in catalogue.wanted().items():
        entry = make_entry("kk", message, None)
        entry.msgstr = translations.get(key[1].split()[0], "")
        file.append(entry)
    catalogue.path.parent.mkdir(parents=True)
    file.save(str(catalogue.path))


def test_a_complete_catalogue_has_no_problem(catalogue: Catalogue) -> None:
    write(catalogue, Row="%(n)s-жол", Save="Сақтау")
    assert list(problems(catalogue)) == []


def test_missing_and_broken_translations_are_listed(catalogue: Catalogue) -> None:
    write(catalogue, Row="жол")
    assert [problem.split(": ", 1)[1] for problem in problems(catalogue)] == [
        "placeholders differ: 'Row %(n)s' -> 'жол' (a.py)",
        "not translated: 'Save' (a.py)",
    ]


def test_an_update_keeps_what_was_translated(catalogue: Catalogue) -> None:
    write(catalogue, Save="Сақтау")
    known = {(e.msgctxt, e.msgid): e for e in catalogue.read() if e.translated()}
    assert "2 texts, 1 to translate" in messages.update(catalogue, known)
    assert {e.msgid: e.msgstr for e in catalogue.read()} == {"Row %(n)s": "", "Save": "Сақтау"}


def test_catalogues_compile_once(tmp_path: Path) -> None:
    po = tmp_path / "locale" / "kk" / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    po.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Save"\nmsgstr "Сақтау"\n'
    )
    assert compile_stale(tmp_path) == [po.with_suffix(".mo")]
    assert compile_stale(tmp_path) == []
    assert [e.msgstr for e in polib.mofile(str(po.with_suffix(".mo")))] == ["Сақтау"]


def test_the_pages_of_other_packages_speak_kazakh() -> None:
    with translation.override("kk"):
        assert gettext("Type to search") == "Іздеу үшін жазыңыз"
        assert gettext("Date/time") == "Күні мен уақыты"  # Django's own says "Delete/Time"
        assert ngettext("%(counter)s result", "%(counter)s results", 5) == "%(counter)s нәтиже"
    with translation.override("ru"):
        assert gettext("Reset filters") == "Сбросить фильтры"
