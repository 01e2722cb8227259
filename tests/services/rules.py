"""Which functions are acts, and which events the product can put in the journal: read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from appeals.lifecycle import Event as AppealEvent
from appeals.sitting_lifecycle import AgendaEvent, SittingEvent
from attestation.cases.lifecycle import Event
from attestation.deadlines.holding import JOURNAL
from attestation.models import Deadline
from tests.house import APPS, ROOT

# Where every act is: what is told the moment, or has a transaction of its own, is looked at.
ROOMS = (
    "attestation/accounts/*.py",
    "attestation/cases/*.py",
    "attestation/deadlines/*.py",
    "attestation/notices/*.py",
    "attestation/lookup.py",
    "attestation/work.py",
    "attestation/years.py",
    "attestation/people.py",
    "attestation/intake/answers.py",
    "attestation/intake/background.py",
    "attestation/intake/engine.py",
    "attestation/intake/expiry.py",
    "attestation/intake/foreign.py",
    "attestation/intake/undo.py",
    "attestation/intake/uploads.py",
    "scoring/services/*.py",
    "appeals/services/*.py",
    "appeals/lifecycle.py",
    "appeals/sitting_lifecycle.py",
)
# What an act is told its moment by.
TOLD = {"by", "now"}
WRITES = frozenset({"save", "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update"})
JOURNALS_OR_QUEUES = {
    *(("journal", "record"), ("journal", "record_all")),
    *(("outbox", "queue"), ("outbox", "queue_all")),
}
MOVES = {"move", "move_all", "lifecycle.move"}
# Each takes the event first.
NAMES_THE_EVENT = ("journal.record", "journal.Action")
# Where the event is no literal: what it can be there.
CLOSED = [state for state in Deadline.State.values if state != Deadline.State.OPEN]
NAMED_ELSEWHERE: dict[str, set[str]] = {
    "attestation/cases/lifecycle.py": {event.value for event in Event},
    "appeals/lifecycle.py": {event.value for event in AppealEvent},
    "appeals/sitting_lifecycle.py": {event.value for kind in (SittingEvent, AgendaEvent) for event in kind},
    "attestation/deadlines/ledger.py": {f"deadline_{state}" for state in CLOSED},
    "attestation/deadlines/holding.py": set(JOURNAL.values()),
}


def services() -> dict[str, ast.FunctionDef]:
    """Public functions that are told the moment, or have a transaction; in `office`, those that journal."""
    found = {}
    for pattern in ROOMS:
        for path in sorted(ROOT.glob(pattern)):
            for function in _functions(path):
                if TOLD & _arguments(function) or _is_atomic(function):
                    found[f"{_module(path)}.{function.name}"] = function
    for path in sorted((ROOT / "office").rglob("*.py")):
        if "journal.record(" in path.read_text():
            for function in _functions(path):
                if TOLD & _arguments(function):
                    found[f"{_module(path)}.{function.name}"] = function
    return found


def _functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _arguments(function: ast.FunctionDef) -> set[str]:
    return {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}


def _is_atomic(function: ast.FunctionDef) -> bool:
    return any("atomic" in ast.unparse(decorator) for decorator in function.decorator_list)


def writes(function: ast.FunctionDef) -> bool:
    """Whether the function itself writes a row, journals, moves a case or queues a notice."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, of = node.func.attr, ast.unparse(node.func.value)
            if name in WRITES or (of, name) in JOURNALS_OR_QUEUES:
                return True
        if isinstance(node, ast.Call) and ast.unparse(node.func) in MOVES:
            return True
    return False


def journal_codes() -> set[str]:
    """Every event that any line of the product can put in the journal."""
    found: set[str] = set()
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            text = path.read_text()
            if "migrations" not in path.parts and any(f"{name}(" in text for name in NAMES_THE_EVENT):
                found |= _codes_of(path)
    return found


def _codes_of(path: Path) -> set[str]:
    tree, place = ast.parse(path.read_text()), str(path.relative_to(ROOT))
    found: set[str] = set()
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        for call in (call for name in NAMES_THE_EVENT for call in _calls(function, name)):
            code = call.args[0]
            literals = {text.value for text in _outcomes(code) if isinstance(text.value, str)}
            if not literals and isinstance(code, ast.Name) and code.id in _arguments(function):
                literals = _passed_on(tree, function, code.id)
            literals = literals or NAMED_ELSEWHERE.get(place, set())
            assert literals, f"{place}:{call.lineno}: say in NAMED_ELSEWHERE which events this can be"
            found |= literals
    return found


def _outcomes(code: ast.expr) -> list[ast.Constant]:
    """A literal, or the two of `one if so else other`."""
    branches = (code.body, code.orelse) if isinstance(code, ast.IfExp) else (code,)
    return [branch for branch in branches if isinstance(branch, ast.Constant)]


def _passed_on(tree: ast.Module, function: ast.FunctionDef, argument: str) -> set[str]:
    """What the calls of a private function in the same file give for the argument."""
    names = [one.arg for one in function.args.args if one.arg != "self"]
    place = names.index(argument)
    calls = [*_calls(tree, function.name), *_calls(tree, f"self.{function.name}")]
    given = [call.args[place] for call in calls if len(call.args) > place]
    return {code.value for code in given if isinstance(code, ast.Constant)}


def _calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == name]
