"""What a change can have touched: the tests that ran the code, or all of them where nobody can tell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.reach import RECORD, Record, project, untouched
from scripts.run_reach import reached_by
from scripts.run_tests import clean_environment

FILES = {
    ".gitignore": "__pycache__/\n",
    "law.py": '''BOUND = 50


def passes(points):
    """Whether it is enough."""
    return points >= BOUND


class Term:
    @property
    def days(self):
        return 2

    @days.setter
    def days(self, value):
        raise AttributeError


def nobody_runs():
    return 1
''',
    "command.py": "import law\n\n\ndef main():\n    print(law.Term().days)\n\n\nmain()\n",
    "page.html": "<p>50</p>",
    "README.md": "Fifty.",
    "tests/test_points.py": "import law\n\n\ndef test_points():\n    assert law.passes(50)\n",
    "tests/test_child.py": """import subprocess
import sys


def test_child():
    assert subprocess.run([sys.executable, "command.py"], capture_output=True).stdout == b"2\\n"
""",
    "tests/test_words.py": """from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_words():
    assert "Fifty" in (ROOT / "README.md").read_text()
""",
}
POINTS, CHILD, WORDS = (f"tests/test_{name}.py" for name in ("points", "child", "words"))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project whose tests were run as `make reach` runs them."""
    root = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True)
    now = project(root)
    assert now
    record = Record.of(now, None, set())
    env = clean_environment(None)
    for file in (POINTS, CHILD, WORDS):
        assert record.takes(file, reached_by(file, root, now, env, env))
    record.write(root)
    return root


@pytest.fixture
def copy(recorded: Path, tmp_path: Path) -> Path:
    """One that may be changed."""
    return Path(shutil.copytree(recorded, tmp_path / "copy"))


def asked_in_shares(root: Path) -> set[str]:
    return untouched(project(root), Record.read(root))


def test_nothing_changed_nothing_is_touched(copy: Path) -> None:
    assert asked_in_shares(copy) == {POINTS, CHILD, WORDS}


@pytest.mark.parametrize(
    ("file", "old", "new", "left"),
    [
        pytest.param("law.py", ">= BOUND", "> BOUND", {CHILD}, id="a function's body"),
        pytest.param("law.py", "return 2", "return 3", {POINTS}, id="what only another process runs"),
        pytest.param("law.py", "raise Attr", "raise Type", {POINTS}, id="a setter goes with its property"),
        pytest.param("law.py", "BOUND = 50", "BOUND = 51", set(), id="a constant, for all who import it"),
        pytest.param("law.py", "days(self):", "days(self, a=1):", set(), id="a signature"),
        pytest.param("law.py", "class", "def more():\n    pass\n\n\nclass", set(), id="a new function"),
        pytest.param("law.py", "return 1", "return 0", set(), id="what no test ran"),
        pytest.param(
            "law.py",
            "return 2",
            "return 2  # days",
            {POINTS, CHILD},
            id="a comment, for those that read files",
        ),
        pytest.param("command.py", "print", "import sys; print", {POINTS}, id="a process's own code"),
        pytest.param("page.html", "50", "51", set(), id="a template"),
        pytest.param("README.md", "Fifty", "Sixty", {POINTS, CHILD}, id="words, for those that read files"),
        pytest.param(POINTS, "50", "49", {CHILD}, id="a test"),
    ],
)
def test_a_change_touches_what_ran_it(copy: Path, file: str, old: str, new: str, left: set[str]) -> None:
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1))
    assert asked_in_shares(copy) == left


def test_a_new_module_touches_all_and_a_new_test_only_itself(copy: Path) -> None:
    (copy / "tests" / "test_new.py").write_text("def test_new():\n    pass\n")
    assert asked_in_shares(copy) == {POINTS, CHILD}
    (copy / "list.log").write_text("of no project")
    assert asked_in_shares(copy) == {POINTS, CHILD}
    (copy / "rules").mkdir()
    (copy / "rules" / "rule.py").write_text("BOUND = 1\n")
    assert asked_in_shares(copy) == set()


def test_of_another_python_or_without_a_record_or_a_clone_nothing_is_known(copy: Path) -> None:
    place = copy / RECORD
    text = place.read_text()
    place.write_text(text.replace("3.", "2.", 1))
    assert asked_in_shares(copy) == set()
    place.unlink()
    assert asked_in_shares(copy) == set()
    place.write_text(text)
    shutil.rmtree(copy / ".git")
    assert asked_in_shares(copy) == set()


def test_what_failed_is_not_taken_and_what_was_kept_is(copy: Path) -> None:
    before = Record.read(copy)
    (copy / "law.py").write_text(FILES["law.py"].replace(">= BOUND", "> BOUND"))
    now, env = project(copy), clean_environment(None)
    assert now
    record = Record.of(now, before, {CHILD})
    assert not record.takes(POINTS, reached_by(POINTS, copy, now, env, env))
    assert record.takes(WORDS, reached_by(WORDS, copy, now, env, env))
    record.write(copy)
    assert asked_in_shares(copy) == {CHILD, WORDS}
