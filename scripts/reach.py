"""Which code each test file reaches, so that `make test` knows which of them a change can have touched.

`make reach` runs each test file under coverage.py and writes `tests/reach.txt`: of each function, and of what
stands outside of functions, a digest of its code and the test files that ran it. A test file none of whose
code has changed since can only answer as it did then; `make test` asks it in shares (`tests/shares.py`). What
cannot be judged so touches every test: a template, a translation, a setting, a new module, a function that no
test ran, another Python.
"""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

RECORD = "tests/reach.txt"
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
# What is no code, or is run by nobody else: only a test that reads the project's files can tell.
FOR_READERS = re.compile(r"(docs|benchmarks)/|[^/]+\.md$")
READS = re.compile(r"\bROOT\b")


def digest(*texts: str) -> str:
    """Ten hexadecimal digits."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:10]


def is_test(path: str) -> bool:
    """Whether pytest collects it; such a file is one block."""
    return Path(path).name.startswith("test_")


@dataclass
class Block:
    """What changes together: a function's body, or a module without the bodies of its functions."""

    name: str  # the module's path; of a function, "path::Class::name"
    code: list[str] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)


def blocks_of(path: str, text: str) -> list[Block]:
    """Those of a module; of a test file, one."""
    tree = ast.parse(text, path)
    found = {path: Block(path, lines=set(range(1, text.count("\n") + 2)))}
    for name, function in [] if is_test(path) else list(functions(tree, path)):
        block = found.setdefault(name, Block(name))  # a property and its setter have one name
        block.code += map(ast.dump, function.body)
        block.lines |= set(range(function.body[0].lineno, (function.end_lineno or 0) + 1))
        function.body = []
        found[path].lines -= block.lines
    found[path].code.append(ast.dump(tree))
    return list(found.values())


def functions(tree: ast.AST, inside: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Functions and methods with their names; not what is defined within them or under a condition."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{inside}::{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, f"{inside}::{node.name}")


@dataclass(frozen=True)
class Project:
    """The project's files as they are now."""

    blocks: dict[str, Block]
    rest: str  # a digest of all that is neither code nor for readers alone
    texts: str  # of all that may be read: code with its comments, and words
    readers: set[str]  # test files that read the project's files

    @property
    def tests(self) -> set[str]:
        """The test files."""
        return {name for name in self.blocks if is_test(name)}

    @property
    def digests(self) -> dict[str, str]:
        """Each block's."""
        return {name: digest(*block.code) for name, block in self.blocks.items()}


def names_of_files(root: Path) -> list[str] | None:
    """What git knows, and what it would take in but for files at the top; None where this is no clone.

    Without the record itself.
    """
    command = ["git", "ls-files", "-t", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    if done.returncode:
        return None
    lines = [line.partition(" ") for line in done.stdout.split("\0")]
    names = {name for tag, _, name in lines if tag != "?" or "/" in name}
    return sorted(name for name in names - {RECORD} if (root / name).is_file())


def project(root: Path) -> Project | None:
    """As it is now, committed or not; None where this is no clone."""
    if (names := names_of_files(root)) is None:
        return None
    texts = [name for name in names if FOR_READERS.match(name)]
    code = [name for name in names if name.endswith(".py") and name not in texts]
    contents = {name: (root / name).read_text(encoding="utf-8") for name in code}
    return Project(
        {block.name: block for name, text in contents.items() for block in blocks_of(name, text)},
        digest_of_files(root, set(names) - set(texts) - set(code)),
        digest_of_files(root, [*texts, *code]),
        {name for name, text in contents.items() if is_test(name) and READS.search(text)},
    )


def digest_of_files(root: Path, names: Iterable[str]) -> str:
    """One for all of them and their names."""
    return digest(
        *(f"{name} {hashlib.sha256((root / name).read_bytes()).hexdigest()}" for name in sorted(names))
    )


@dataclass
class Record:
    """`tests/reach.txt`: what was run when all that it names passed."""

    python: str
    rest: str
    texts: str
    digests: dict[str, str]
    reached: dict[str, set[str]]  # by the block's name, the test files that ran it

    @classmethod
    def read(cls, root: Path) -> Record | None:
        """None where there is none."""
        if not (root / RECORD).exists():
            return None
        head, tests, *lines = (root / RECORD).read_text(encoding="utf-8").splitlines()
        bit = {file: 1 << number for number, file in enumerate(tests.split())}
        rows = [(found, int(bits, 16), name) for found, bits, name in (line.split(" ", 2) for line in lines)]
        reached = {name: {file for file in bit if bit[file] & bits} for _, bits, name in rows}
        python, rest, texts = head.split()
        return cls(python, rest, texts, {name: found for found, _, name in rows}, reached)

    @classmethod
    def of(cls, now: Project, before: Record | None, kept: set[str]) -> Record:
        """Of the code as it is now, with what the one before knows of these test files."""
        reached = {name: before.reached.get(name, set()) & kept if before else set() for name in now.blocks}
        return cls(PYTHON, now.rest, now.texts, now.digests, reached)

    def takes(self, file: str, reached: set[str] | None) -> bool:
        """Note what a test file ran; not where it failed (None)."""
        for name in reached or ():
            self.reached[name].add(file)
        return reached is not None

    def write(self, root: Path) -> None:
        """A line for each block: digest, test files (as bits of a hexadecimal number), name."""
        files = sorted(set().union(*self.reached.values()))
        bit = {file: 1 << number for number, file in enumerate(files)}
        rows = [
            f"{self.digests[name]} {sum(bit[file] for file in self.reached.get(name, ())):x} {name}"
            for name in sorted(self.digests)
        ]
        lines = [f"{self.python} {self.rest} {self.texts}", " ".join(files), *rows]
        (root / RECORD).write_text("\n".join(lines) + "\n", encoding="utf-8")


def untouched(now: Project | None, then: Record | None) -> set[str]:
    """The test files that were seen to pass and of whose code nothing has changed since."""
    if now is None or then is None or (then.python, then.rest) != (PYTHON, now.rest):
        return set()
    digests = now.digests
    changed = {name for name in then.digests | digests if then.digests.get(name) != digests.get(name)}
    touched = set(now.readers) if then.texts != now.texts else set()
    for name in changed:
        reached = then.reached.get(name, set())
        # A new function changes its module as well; of a new test only itself is touched.
        is_seen = name not in then.digests and name.partition("::")[0] in then.digests
        if not (reached or is_seen or is_test(name)):
            return set()  # no test is known that could tell
        touched |= reached
    known = set().union(*then.reached.values())
    return (known & now.tests) - touched
