"""Guarded reading: what an upload is and may be before a parser sees it; then the parser, in a child.

F-I6 to F-I15: size, kind by name and by content, zip entries, unpacked size, ratio, encryption, macros,
links, entities. The child has limits on memory and time; its death is "the file is damaged or too large".
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tempfile
import threading
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from attestation.intake.messages import file_refused

CHILD = Path(__file__).with_name("child.py")
KINDS = ("xlsx", "csv", "ods", "xls")
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FOREIGN = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"{\\rtf",
    b"MZ",
    b"\x7fELF",
)

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    KeyError,
)

MAX_BYTES = 20 * 2**20
MAX_ENTRIES = 500
MAX_UNPACKED = 250 * 2**20
MAX_RATIO = 100  # of the whole, once it unpacks to more than FREE_UNPACKED
FREE_UNPACKED = 16 * 2**20
PROLOG = 64 * 2**10
SECONDS = 30
LIMITS = {
    "memory": 640 * 2**20,
    "seconds": SECONDS,
    "rows": 150_000,
    "columns": 256,
    "cell": 32_767,
    "text": 60 * 2**20,
}

Cell = Any  # None | str | int | bool | list of a mark and its text, see child.py


@dataclass(frozen=True)
class Row:
    """One row with the number a person sees in the spreadsheet."""

    number: int
    cells: list[Cell]


@dataclass
class Table:
    """What was read: the rows that are not blank, and what was assumed on the way."""

    kind: str
    sheet: str
    sheets: list[str]
    encoding: str
    delimiter: str
    rows: list[Row] = field(default_factory=list)


def shown_name(filename: str) -> str:
    """F-I15: the last part of a file name, without control and direction characters, at most 120 long."""
    last = re.split(r"[\\/]", filename)[-1]
    clean = "".join(sign for sign in last if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    clean = clean.strip()
    if len(clean) > 120:
        clean = f"{clean[:100]}…{clean[-19:]}"
    return clean or "?"


def read_table(data: bytes, filename: str, sheet: str = "") -> Table:
    """The rows of the first sheet that has any, or of `sheet`. Raises Refused for a file not taken."""
    kind = guard(data, filename)
    return _read_in_child(data, kind, sheet)


# --- before parsing ----------------------------------------------------------------------------


def guard(data: bytes, filename: str) -> str:
    """The kind of the file, once name, first bytes and packing agree and nothing in it is forbidden."""
    kind = shown_name(filename).rpartition(".")[2].lower()
    if kind not in KINDS:
        raise file_refused("macros" if kind in ("xlsm", "xlsb", "xltm") else "kind")
    if not data:
        raise file_refused("empty")
    if len(data) > MAX_BYTES:
        raise file_refused("size", limit=MAX_BYTES // 2**20)
    if kind == "csv":
        if data.startswith((ZIP, OLE, *FOREIGN)):
            raise file_refused("content", kind=kind)
    elif kind == "xls":
        _guard_ole(data)
    else:
        _guard_zip(data, kind)
    return kind


def _guard_ole(data: bytes) -> None:
    if data.startswith(ZIP) or not data.startswith(OLE):
        raise file_refused("content", kind="xls")
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise file_refused("protected")
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        raise file_refused("macros")


def _guard_zip(data: bytes, kind: str) -> None:
    if data.startswith(OLE):
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise file_refused("protected") if encrypted else file_refused("content", kind=kind)
    if not data.startswith(ZIP):
        raise file_refused("content", kind=kind)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            _guard_entries(book.infolist(), len(data))
            _guard_parts(book, kind)
            _guard_prologs(book)
    except DAMAGE as error:
        raise file_refused("damaged") from error


def _guard_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED:
        raise file_refused("too_large")
    if unpacked > FREE_UNPACKED and unpacked > MAX_RATIO * size:
        raise file_refused("too_large")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise file_refused("protected")
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise file_refused("damaged")
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise file_refused("damaged")


def _guard_parts(book: zipfile.ZipFile, kind: str) -> None:
    names = book.namelist()
    if kind == "ods":
        if "content.xml" not in names or "mimetype" not in names:
            raise file_refused("content", kind=kind)
        if not book.read("mimetype")[:100].startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
            raise file_refused("content", kind=kind)
        if "META-INF/manifest.xml" in names:
            with book.open("META-INF/manifest.xml") as manifest:
                if b"encryption-data" in manifest.read(2**20):
                    raise file_refused("protected")
        if any(name.startswith(("Basic/", "Scripts/")) for name in names):
            raise file_refused("macros")
        return
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise file_refused("content", kind=kind)
    if any(name.lower().endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names):
        raise file_refused("macros")
    if any(name.startswith("xl/externalLinks/") for name in names):
        raise file_refused("links")


def _guard_prologs(book: zipfile.ZipFile) -> None:
    """F-I13: a document type is where entities are declared; no spreadsheet program writes one."""
    for entry in book.infolist():
        if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        with book.open(entry) as part:
            # Without its NULs a part in UTF-16 shows the same words.
            start = part.read(PROLOG).replace(b"\0", b"")
        if re.search(rb"<!(DOCTYPE|ENTITY)", start, re.IGNORECASE):
            raise file_refused("entities")


# --- the child ---------------------------------------------------------------------------------


def _read_in_child(data: bytes, kind: str, sheet: str) -> Table:
    limits = json.dumps({**LIMITS, "kind": kind, "sheet": sheet})
    with tempfile.TemporaryFile() as upload:
        upload.write(data)
        upload.flush()
        upload.seek(0)
        child = subprocess.Popen(  # noqa: S603  # our own program and our own limits, no shell
            [sys.executable, "-I", "-X", "utf8", str(CHILD), limits],
            stdin=upload,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"RUST_BACKTRACE": "0"},
            close_fds=True,
        )
        timer = threading.Timer(SECONDS, child.kill)
        timer.start()
        try:
            assert child.stdout is not None
            return _collect(_lines(child.stdout), kind)
        finally:
            timer.cancel()
            child.kill()
            child.wait()
            if child.stdout:
                child.stdout.close()


def _lines(stream: IO[bytes]) -> Iterator[Any]:
    """The child's messages; a half-written one, cut off by its death, ends them."""
    for line in stream:
        if not line.endswith(b"\n"):
            return
        # A NUL can't be stored in PostgreSQL; U+FFFD is refused at its cell, with row and column.
        yield json.loads(line.replace(b"\\u0000", b"\\ufffd"))


def _collect(messages: Iterator[Any], kind: str) -> Table:
    table: Table | None = None
    for message in messages:
        if isinstance(message, list):
            assert table is not None
            table.rows += [Row(number, cells) for number, cells in message]
        elif "refused" in message:
            raise file_refused(message.pop("refused"), **message)
        elif "end" in message and table is not None:
            if not table.rows:
                raise file_refused("no_rows")
            return table
        else:
            table = Table(
                kind,
                message["sheet"],
                message["sheets"],
                message.get("encoding", ""),
                message.get("delimiter", ""),
            )
    raise file_refused("damaged")
