"""Guarded reading: what an upload is and may be before a parser sees it; then the parser, in a child.

F-I6 to F-I15: size, kind by content, zip entries, unpacked size, ratio, encryption, macros, entities. The
child has limits on memory and CPU time; its death is "the file is damaged or too large". What it read waits
in a file that has no name, so that 100,000 rows are never objects of this process all at once.
"""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple

from attestation.intake.child import NO_ROOM, TOO_LARGE
from attestation.intake.messages import file_refused
from attestation.intake.sheet_xml import NEVER_READ
from attestation.intake.text_file import is_text

ROOT = Path(__file__).resolve().parents[2]
CHILD = "import sys; sys.path.append(sys.argv[1]); from attestation.intake import child; child.main()"
LONGEST_END = 4096  # bytes of the child's last message
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
WEB_PAGE = re.compile(
    rb"\s*(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?:\s|<\?xml[^>]*>|<!--.*?-->)*"
    rb"(?:<!doctype\s+html|<(?:html|head|meta|body|style|table|div)\b|mime-version:)",
    re.IGNORECASE | re.DOTALL,
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
WALL_SECONDS = 600  # against a child that hangs; what a file may cost is counted in CPU time
LIMITS = {
    "memory": 300 * 2**20,  # of address space, and so of memory; 100,000 rows of 12 columns take 200
    "seconds": 10,  # of CPU time: a loaded machine is slow, and the file is still sound
    "spool": 256 * 2**20,
    "rows": 150_000,
    "columns": 256,
    "cell": 32_767,
    "text": 60 * 2**20,
}

Cell = Any  # None | str | int | bool | list of a mark and its text, see child.py


class Row(NamedTuple):
    """One row with the number a person sees in the spreadsheet; `hidden` by hand or by a filter.

    `width`, of a csv only: how many fields the record has, blank ones at its end counted.
    """

    number: int
    cells: list[Cell]
    width: int | None = None
    hidden: bool = False


@dataclass
class Table:
    """What was read: the rows that are not blank, and what was assumed on the way. Close it after use."""

    kind: str
    renamed: str  # the kind by contents, where the file's name says another; else empty
    count: int  # of rows
    spool: IO[bytes]
    start: int  # where the rows begin in the spool
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # further sheets with rows
    stray: list[str] = field(default_factory=list)  # addresses of cells far away that were left out
    strays: int = 0  # how many; the first 20 are named
    links: bool = False  # to other workbooks: their values as last saved were read
    encoding: str = ""
    delimiter: str = ""
    unterminated: bool = False  # a csv whose last line has no end

    def stream(self) -> Iterator[Row]:
        """The rows from the first one on; several walks may be under way at once."""
        offset = self.start
        while True:
            self.spool.seek(offset)
            line = self.spool.readline()
            offset += len(line)
            rows = json.loads(line)
            if not isinstance(rows, list):
                return
            # A NUL can't be stored in PostgreSQL; U+FFFD is refused at its cell, with row and column.
            has_nul = b"\\u0000" in line
            for row in rows:
                if has_nul:
                    row[1] = [
                        cell.replace("\0", "\ufffd") if isinstance(cell, str) else cell for cell in row[1]
                    ]
                yield Row(*row)

    @property
    def rows(self) -> list[Row]:
        """All rows at once, for files that are known to be small."""
        return list(self.stream())

    def close(self) -> None:
        self.spool.close()

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def shown_name(filename: str) -> str:
    """F-I15: the last part of a file name, without control and direction characters, at most 120 long."""
    last = re.split(r"[\\/]", filename)[-1]
    clean = "".join(sign for sign in last if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    clean = clean.strip()
    if len(clean) > 120:
        clean = f"{clean[:100]}…{clean[-19:]}"
    return clean or "?"


def read_table(data: bytes, filename: str, sheet: str = "", headers: Iterable[str] = ()) -> Table:
    """The rows of `sheet`, or of the first sheet with the headers, or of the first that has rows.

    `headers`: words as `child.bare` leaves them; a sheet with two of them in one of its first ten rows has
    the headers. Raises Refused for a file that is not taken. The caller closes the table.
    """
    kind = guard(data, filename)
    limits = {**LIMITS, "kind": kind, "sheet": sheet, "headers": list(headers)}
    return _read_in_child(data, kind, "" if kind == _ending(filename) else kind, limits)


# --- before parsing ----------------------------------------------------------------------------


def _ending(filename: str) -> str:
    return shown_name(filename).rpartition(".")[2].lower()


def guard(data: bytes, filename: str) -> str:
    """The kind of the file by its contents (F-I10), once nothing in it is forbidden. Raises Refused."""
    named = _ending(filename)
    if named not in KINDS:
        raise file_refused("macros" if named in ("xlsm", "xlsb", "xltm", "xlam") else "kind")
    if not data:
        raise file_refused("empty")
    if len(data) > MAX_BYTES:
        raise file_refused("size", limit=MAX_BYTES // 2**20)
    if data.startswith(OLE):
        return _guard_ole(data, named)
    if data.startswith(ZIP):
        return _guard_zip(data, named)
    if WEB_PAGE.match(data[:PROLOG].replace(b"\0", b"")):
        raise file_refused("html")
    # What is no text is read as a csv only where the name says so, and refused at its place.
    if data.startswith(FOREIGN) or (named != "csv" and not is_text(data)):
        raise file_refused("content", kind=named)
    return "csv"


def _guard_ole(data: bytes, named: str) -> str:
    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if holds("EncryptedPackage"):
        raise file_refused("protected")
    if holds("_VBA_PROJECT"):
        raise file_refused("macros")
    if (holds("WordDocument") or holds("PowerPoint Document")) and not holds("Workbook"):
        raise file_refused("content", kind=named)
    return "xls"


def _guard_zip(data: bytes, named: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            _guard_entries(book.infolist(), len(data))
            kind = _guard_parts(book, named)
            _guard_prologs(book)
            return kind
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


def _guard_parts(book: zipfile.ZipFile, named: str) -> str:
    names = book.namelist()
    if "content.xml" in names and "mimetype" in names:
        if not book.read("mimetype")[:100].startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
            raise file_refused("content", kind=named)
        if "META-INF/manifest.xml" in names:
            with book.open("META-INF/manifest.xml") as manifest:
                if b"encryption-data" in manifest.read(2**20):
                    raise file_refused("protected")
        if any(name.startswith(("Basic/", "Scripts/")) for name in names):
            raise file_refused("macros")
        return "ods"
    if any(name.lower().endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names):
        raise file_refused("macros")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise file_refused("content", kind=named)
    if "xl/workbook.bin" in names:
        raise file_refused("content", kind=named)
    return "xlsx"


def _guard_prologs(book: zipfile.ZipFile) -> None:
    """F-I13: a document type is where entities are declared; no spreadsheet program writes one."""
    for entry in book.infolist():
        if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        if entry.filename.lower().startswith(NEVER_READ):
            continue
        with book.open(entry) as part:
            # Without its NULs a part in UTF-16 shows the same words.
            start = part.read(PROLOG).replace(b"\0", b"")
        if re.search(rb"<!(DOCTYPE|ENTITY)", start, re.IGNORECASE):
            raise file_refused("entities")


# --- the child ---------------------------------------------------------------------------------


def _read_in_child(data: bytes, kind: str, renamed: str, limits: dict[str, Any]) -> Table:
    spool = tempfile.TemporaryFile()  # noqa: SIM115  # the table closes it
    try:
        with tempfile.TemporaryFile() as upload:
            upload.write(data)
            upload.flush()
            upload.seek(0)
            status = _run(json.dumps(limits), upload, spool)
        if status:
            raise file_refused(_reason(status))
        end = _last_message(spool)
        if "refused" in end:
            raise file_refused(end.pop("refused"), **end)
        if "end" not in end:
            raise file_refused("damaged")
        if not end["end"]:
            raise file_refused("no_rows")
        spool.seek(0)
        meta = json.loads(spool.readline().replace(b"\\u0000", b"\\ufffd"))
        start = spool.tell()
        return Table(kind, renamed, end["end"], spool, start, **meta)
    except BaseException:
        spool.close()
        raise


def _run(limits: str, upload: IO[bytes], spool: IO[bytes]) -> int:
    """The child's exit status; negative is the signal that ended it."""
    child = subprocess.Popen(  # noqa: S603  # our own program and our own limits, no shell
        [sys.executable, "-I", "-X", "utf8", "-c", CHILD, str(ROOT), limits],
        stdin=upload,
        stdout=spool,
        stderr=subprocess.DEVNULL,
        env={"RUST_BACKTRACE": "0"},
        close_fds=True,
    )
    try:
        return child.wait(WALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise file_refused("busy") from None
    finally:
        child.kill()
        child.wait()


def _reason(status: int) -> str:
    """Why a child that gave no reason ended: `messages.FILES` has the sentence."""
    if status in (-signal.SIGXCPU, -signal.SIGABRT, -signal.SIGKILL, TOO_LARGE):
        return "too_large"
    if status in (-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP, NO_ROOM):
        return "busy"
    return "damaged"


def _last_message(spool: IO[bytes]) -> dict[str, Any]:
    """What the child said at its end: how many rows, or why it refuses the file. It is short."""
    size = spool.seek(0, io.SEEK_END)
    spool.seek(max(0, size - LONGEST_END))
    message: dict[str, Any] = json.loads(spool.read().rstrip(b"\n").rpartition(b"\n")[2])
    return message
