"""README and docs name only what the product has: commands, settings, links, labels, folders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.core.management import get_commands

from tests.house import APPS, ROOT

README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
DOCS = sorted(ROOT.glob("docs/*.md"))
PAGES = [README, CONTRIBUTING, ROOT / "CHANGELOG.md", *DOCS]
BLOCK = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
ITALIC = re.compile(r"(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])")
VARIABLE = re.compile(r"[A-Z]+(?:_[A-Z]+)*")
LINK = re.compile(r"\]\(([^()\s]+)\)")
TRANSLATED = ("kk", "ru")
# In italics, and no label of a page; each with its reason.
NO_LABELS: dict[str, str] = {}
# Named in docs/settings.md, and read elsewhere; each with the place. A value may look like a variable.
READ_ELSEWHERE = {"PORT": "scripts/run.py"}
VALUES = {"INFO"}
# What a package or a run leaves in the folder; no part of the house.
NOT_OURS = {"__pycache__", *re.findall(r"^/(\w+)/$", (ROOT / ".gitignore").read_text("utf-8"), re.MULTILINE)}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose_of(page: Path) -> str:
    """The page without its blocks of code."""
    return BLOCK.sub("", text_of(page))


def section(page: Path, title: str) -> str:
    return text_of(page).split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# --- commands ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", text_of(page)))
    assert named - set(get_commands()) == set()


def test_the_readme_lists_every_command_of_ours_and_no_other() -> None:
    ours = {name for name, app in get_commands().items() if app in APPS}
    table = "\n".join(line for line in section(README, "Commands").splitlines() if line.startswith("|"))
    assert sorted(CODE.findall(table)) == sorted(ours)


# --- settings ---------------------------------------------------------------------------------------------


def test_settings_md_describes_every_variable_that_is_read_and_no_other() -> None:
    read = re.findall(r'env\.\w+\(\s*"(\w+)"', text_of(ROOT / "config" / "settings.py"))
    described = re.findall(r"^\| `(\w+)` \|", text_of(ROOT / "docs" / "settings.md"), re.MULTILINE)
    assert sorted(described) == sorted(read)


def test_settings_md_names_no_variable_that_it_does_not_describe() -> None:
    page = text_of(ROOT / "docs" / "settings.md")
    described = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    named = {code for code in CODE.findall(page) if VARIABLE.fullmatch(code)}
    assert named - described - VALUES == set(READ_ELSEWHERE)
    for variable, place in READ_ELSEWHERE.items():
        assert f'"{variable}"' in text_of(ROOT / place)


# --- links ------------------------------------------------------------------------------------------------


def anchors_of(page: Path) -> set[str]:
    """The headings, as an address has them: lower case, hyphens for blanks, no punctuation."""
    titles = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose_of(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def test_every_page_of_docs_is_linked_where_readers_begin() -> None:
    links = LINK.findall(prose_of(README) + prose_of(CONTRIBUTING))
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links}
    assert [name_of(page) for page in DOCS if page not in linked] == []


# --- labels -----------------------------------------------------------------------------------------------


def labels_in(page: Path) -> set[str]:
    """What stands in italics, on one line."""
    return {" ".join(label.split()) for label in ITALIC.findall(CODE.sub("", prose_of(page)))}


def catalogue_of(language: str) -> str:
    return str(ROOT / "locale" / language / "LC_MESSAGES" / "django.po")


def shown_in(language: str) -> set[str]:
    """Every text of the product in the language; English is in either catalogue."""
    if language not in TRANSLATED:
        return {entry.msgid for entry in polib.pofile(catalogue_of(TRANSLATED[0]))}
    return {entry.msgstr for entry in polib.pofile(catalogue_of(language))}


def language_of(page: Path) -> str:
    """The language of docs/tour.kk.md is kk; what names none is English."""
    return page.suffixes[0].removeprefix(".") if len(page.suffixes) > 1 else "en"


def test_every_label_in_italics_is_one_that_people_see() -> None:
    named = {(page, label) for page in (README, *DOCS) for label in labels_in(page)}
    shown = {language: shown_in(language) for language in ("en", *TRANSLATED)}
    unknown = {(page, label) for page, label in named if label not in shown[language_of(page)]}
    assert {(name_of(page), label) for page, label in unknown if label not in NO_LABELS} == set()
    assert set(NO_LABELS) <= {label for _, label in named}


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_tour_names_the_same_labels_and_codes_in_each_language(language: str) -> None:
    tour = ROOT / "docs" / "tour.md"
    other = tour.with_suffix(f".{language}.md")
    texts = {entry.msgid: entry.msgstr for entry in polib.pofile(catalogue_of(language)) if not entry.msgctxt}
    assert {texts[label] for label in labels_in(tour)} == labels_in(other)
    assert sorted(CODE.findall(text_of(other))) == sorted(CODE.findall(text_of(tour)))


def test_italics_are_found_over_two_lines_and_bold_is_none() -> None:
    found = ITALIC.findall("*Rules of the\ncommissions*, **bold**, 2 * 3 * 4, (*Queue*) and *Look*.")
    assert found == ["Rules of the\ncommissions", "Queue", "Look"]


# --- the map ----------------------------------------------------------------------------------------------


def mapped() -> Iterator[Path]:
    """The paths of the map in CONTRIBUTING: an indented one lies in the folder above it."""
    block = section(CONTRIBUTING, "Where things are").split("```")[1]
    folder = ROOT
    for line in block.splitlines():
        if not line.strip():
            continue
        name = line.split()[0]
        if line.startswith(" "):
            yield folder / name
        else:
            folder = ROOT / name
            yield folder


def folders_in(place: Path) -> set[Path]:
    """Ours, with something in them: what Python left where a package was is none."""
    return {
        one
        for one in place.iterdir()
        if one.is_dir() and not one.name.startswith(".") and one.name not in NOT_OURS
        if any(file.is_file() and file.suffix != ".pyc" for file in one.rglob("*"))
    }


def test_the_map_names_only_what_exists() -> None:
    assert [str(path) for path in mapped() if not path.exists()] == []


@pytest.mark.parametrize("place", [".", "attestation", "office", "tests"])
def test_the_map_names_every_folder(place: str) -> None:
    assert sorted(folders_in(ROOT / place) - set(mapped())) == []
