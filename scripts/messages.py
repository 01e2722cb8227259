"""`make messages` and the check of the translations: every text in kk and ru, none missing, none fuzzy.

Needs no gettext tools: Python files are read by `ast`, templates by Django's own template scanner.
The words of the admin's skin and of the import pages are in our catalogues too: they come without Kazakh.
"""

import argparse
import ast
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = {
    "kk": "nplurals=2; plural=(n != 1);",
    "ru": (
        "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 :"
        " n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
    ),
}
OURS = ("attestation", "scoring", "appeals", "office", "config", "templates")
# Packages whose texts our pages show, and the parts of them that we do not use.
THEIRS = (
    *("unfold", "django.contrib.admin", "django.contrib.auth", "django.forms"),
    *("django.core.validators", "django.core.paginator", "django.db.models", "django.utils"),
    *("django.template.defaultfilters", "django.views.csrf"),
)
THEIRS_UNUSED = re.compile(
    r"unfold/contrib/(?!filters|forms)|unfold/(sites|settings|dataclasses)|"
    r"auth/(management|context|backends)|registration/password_reset|"
    r"admin/(checks|templates/registration/password_reset)"
)
# Django's own catalogues, where a text may be translated already. Its Kazakh is not trusted: misspelt, half
# of it missing, and its plurals print "one: … other: …".
TRUSTED: dict[str, tuple[str, ...]] = {
    "kk": (),
    "ru": ("django.conf", "django.contrib.admin", "django.contrib.auth"),
}
# Nor is any that sets a model's name into a sentence: "Добавить работник", "орталық «…» өзгерту".
NAMING = re.compile(
    r"%s|\{name\}|%\((name|verbose_name|verbose_name_plural|model|app|items|class_name|objects?_name"
    r"|module_name)\)|^Django (site admin|administration)$"
)
# function -> position of context, singular, plural among its arguments
FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}|%[sd]")

Key = tuple[str | None, str]


@dataclass
class Message:
    """One text of the source and where it stands."""

    context: str | None
    text: str
    plural: str | None = None
    places: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """What a catalogue knows it by."""
        return (self.context, self.text)


# --- reading the source -----------------------------------------------------------------------------------


def constant(node: ast.expr) -> str | None:
    """The text of a literal, adjacent and `+`-joined ones included."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = constant(node.left), constant(node.right)
        return None if left is None or right is None else left + right
    return None


def aliases(tree: ast.AST) -> dict[str, str]:
    """Local name -> translation function, from the imports; the plain names count anywhere."""
    names = {name: name for name in FUNCTIONS} | {"_": "gettext"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names |= {a.asname: a.name for a in node.names if a.asname and a.name in FUNCTIONS}
    return names


def python_messages(source: str, place: str) -> Iterator[Message]:
    """Every literal text handed to a translation function."""
    tree = ast.parse(source)
    names = aliases(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in names:
            yield from call_message(node, FUNCTIONS[names[called]], place)


def call_message(
    node: ast.Call, positions: tuple[int | None, int, int | None], place: str
) -> Iterator[Message]:
    """The message of one call; none where its text is not a literal."""
    found: list[str | None] = []
    for position in positions:
        if position is None:
            found.append(None)
            continue
        argument = node.args[position] if position < len(node.args) else None
        if isinstance(argument, ast.JoinedStr):
            sys.exit(f"{place}:{node.lineno}: an f-string cannot be translated; use %(name)s and a mapping.")
        text = constant(argument) if argument is not None else None
        if text is None:
            return
        found.append(text)
    context, text, plural = found
    if text:
        yield Message(context, text, plural, [place])


def template_messages(source: str, place: str) -> Iterator[Message]:
    """Django turns a template into calls of gettext between runs of X; each call is read by itself."""
    from django.utils.translation.template import templatize

    calls = templatize(source, origin=place)
    for start in re.finditer(r"(?<!\w)(?:n?p?gettext|_)\(", calls):
        for end in re.finditer(r"\)", calls[start.start() :]):
            try:
                call = ast.parse(calls[start.start() : start.start() + end.end()].strip(), mode="eval").body
            except SyntaxError:
                continue
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                name = "gettext" if call.func.id == "_" else call.func.id
                yield from call_message(call, FUNCTIONS[name], place)
            break


def folder_messages(folder: Path, label: str) -> Iterator[Message]:
    """All texts below a folder (or of one file); `label` and the path inside say where."""
    files = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    for path in files:
        if path.suffix not in {".py", ".html", ".txt", ".xml"} or "migrations" in path.parts:
            continue
        place = label if folder.is_file() else f"{label}/{path.relative_to(folder)}"
        read = python_messages if path.suffix == ".py" else template_messages
        yield from read(path.read_text(encoding="utf-8"), place)


def package_path(name: str) -> Path:
    """Where an installed package or module lies."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        sys.exit(f"{name} is not installed; run `make venv`.")
    path = Path(spec.origin)
    return path.parent if path.name == "__init__.py" else path


def translated_by_django(language: str) -> set[Key]:
    """What Django's own catalogues say well enough in this language."""
    present: set[Key] = set()
    for part in TRUSTED[language]:
        catalogue = package_path(part) / "locale" / language / "LC_MESSAGES" / "django.po"
        if catalogue.exists():
            naming = NAMING if part == "django.contrib.admin" else re.compile("(?!)")
            translated = polib.pofile(str(catalogue)).translated_entries()
            present |= {(e.msgctxt, e.msgid) for e in translated if not naming.search(e.msgid)}
    return present


@cache
def our_messages() -> dict[Key, Message]:
    """The texts of our own code and templates."""
    return merged(message for name in OURS for message in folder_messages(ROOT / name, name))


def their_messages(language: str) -> dict[Key, Message]:
    """The texts of the packages on our pages that nobody translated well into this language, less ours."""
    present = translated_by_django(language) | our_messages().keys()
    every = merged(
        message
        for name in THEIRS
        for message in folder_messages(package_path(name), name.removeprefix("django.contrib."))
        if not THEIRS_UNUSED.search(message.places[0])
    )
    return {key: message for key, message in every.items() if key not in present}


def script_messages() -> dict[Key, Message]:
    """The texts of the admin's own scripts (its date picker and select boxes), from its English catalogue."""
    path = package_path("django.contrib.admin") / "locale/en/LC_MESSAGES/djangojs.po"
    return merged(
        Message(entry.msgctxt, entry.msgid, entry.msgid_plural or None, [entry.occurrences[0][0]])
        for entry in polib.pofile(str(path))
    )


def merged(messages: Iterable[Message]) -> dict[Key, Message]:
    """One message a text, with all its places, in the order of reading."""
    found: dict[Key, Message] = {}
    for message in messages:
        known = found.setdefault(message.key, Message(message.context, message.text))
        known.plural = known.plural or message.plural
        known.places += [place for place in message.places if place not in known.places]
    return found


# --- the catalogues ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Catalogue:
    """One .po file: our own words in locale/, those of other people's packages in config/locale/.

    The scripts' words are in locale/ too: for them Django reads the paths of LOCALE_PATHS only.
    """

    language: str
    holds: str  # ours, theirs or scripts

    @property
    def path(self) -> Path:
        """Where it lies."""
        folder = ROOT / ("config/locale" if self.holds == "theirs" else "locale")
        return folder / self.language / "LC_MESSAGES" / f"{self.domain}.po"

    @property
    def domain(self) -> str:
        """What Django calls it."""
        return "djangojs" if self.holds == "scripts" else "django"

    def wanted(self) -> dict[Key, Message]:
        """The messages it must have."""
        if self.holds == "scripts":
            return script_messages()
        return our_messages() if self.holds == "ours" else their_messages(self.language)

    def read(self) -> polib.POFile:
        """The file, or an empty one."""
        file = polib.pofile(str(self.path)) if self.path.exists() else polib.POFile()
        file.wrapwidth = 100
        file.metadata = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Language": self.language,
            "Plural-Forms": LANGUAGES[self.language],
        }
        return file


CATALOGUES = [
    *(Catalogue(language, holds) for language in LANGUAGES for holds in ("ours", "theirs")),
    Catalogue("kk", "scripts"),  # Django's Russian one is whole
]


def known_entries(language: str, domain: str) -> dict[Key, polib.POEntry]:
    """Every translation that there is, so that a text keeps its own when it moves between the two files."""
    files = [
        catalogue.read()
        for catalogue in CATALOGUES
        if (catalogue.language, catalogue.domain) == (language, domain)
    ]
    return {(entry.msgctxt, entry.msgid): entry for file in files for entry in file if entry.translated()}


def update(catalogue: Catalogue, known: dict[Key, polib.POEntry]) -> str:
    """Bring a .po up to the code: new texts empty, translations kept, texts that are gone dropped."""
    file = catalogue.read()
    before = {(entry.msgctxt, entry.msgid) for entry in file}
    messages = catalogue.wanted()
    file.clear()
    file.extend(make_entry(catalogue.language, message, known.get(key)) for key, message in messages.items())
    catalogue.path.parent.mkdir(parents=True, exist_ok=True)
    file.save(str(catalogue.path))
    empty = sum(not entry.translated() for entry in file)
    dropped = len(before - messages.keys())
    return f"{catalogue.path.relative_to(ROOT)}: {len(file)} texts, {empty} to translate, {dropped} dropped"


def make_entry(language: str, message: Message, known: polib.POEntry | None) -> polib.POEntry:
    """An entry with the translation that is known, or without one."""
    entry = polib.POEntry(msgctxt=message.context, msgid=message.text, msgid_plural=message.plural or "")
    entry.occurrences = [(place, "") for place in message.places]
    if "%(" in message.text or re.search(r"%[sd]", message.text):
        entry.flags.append("python-format")
    if known is not None and "fuzzy" in known.flags:
        entry.flags.append("fuzzy")
    if not message.plural:
        entry.msgstr = known.msgstr if known else ""
        return entry
    forms = int(LANGUAGES[language].split(";")[0].split("=")[1])
    entry.msgstr_plural = dict.fromkeys(range(forms), "") | (dict(known.msgstr_plural) if known else {})
    return entry


def placeholders(text: str) -> list[str]:
    """The placeholders of a text, sorted: a translation must carry the same."""
    return sorted(PLACEHOLDER.findall(text))


def problems(catalogue: Catalogue) -> Iterator[str]:
    """What is missing or wrong in a catalogue, one sentence each."""
    name = str(catalogue.path.relative_to(ROOT))
    entries = {(entry.msgctxt, entry.msgid): entry for entry in catalogue.read() if not entry.obsolete}
    for key, message in catalogue.wanted().items():
        entry, place = entries.get(key), message.places[0]
        if entry is None:
            yield f"{name}: not there (run `make messages`): {message.text!r} ({place})"
        elif "fuzzy" in entry.flags:
            yield f"{name}: fuzzy: {message.text!r} ({place})"
        elif not entry.translated() or bool(entry.msgid_plural) != bool(message.plural):
            yield f"{name}: not translated: {message.text!r} ({place})"
        else:
            yield from wrong_placeholders(name, entry, place)


def wrong_placeholders(name: str, entry: polib.POEntry, place: str) -> Iterator[str]:
    """A lost or invented placeholder is a crash or a hole in a letter."""
    translations = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
    allowed = [placeholders(entry.msgid)]
    if entry.msgid_plural:
        allowed.append(placeholders(entry.msgid_plural))
    for text in translations:
        if placeholders(text) not in allowed:
            yield f"{name}: placeholders differ: {entry.msgid!r} -> {text!r} ({place})"


def main() -> None:
    """`update` writes the catalogues, `check` exits 1 with a list of what is missing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")  # the template scanner asks for them
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["update", "check"])
    if parser.parse_args().action == "update":
        known = [known_entries(catalogue.language, catalogue.domain) for catalogue in CATALOGUES]
        for catalogue, entries in zip(CATALOGUES, known, strict=True):
            print(update(catalogue, entries))
        return
    found = [problem for catalogue in CATALOGUES for problem in problems(catalogue)]
    for problem in found[:100]:
        print(problem)
    if found:
        sys.exit(f"translations: {len(found)} problems")


if __name__ == "__main__":
    main()
