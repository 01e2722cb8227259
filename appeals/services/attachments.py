"""¶21: papers attached to an appeal: what is taken, where it is kept, and who may have it back (F-W13)."""

from __future__ import annotations

import hashlib
import io
import re
import secrets
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from appeals.models import Appeal, Attachment, CommissionRules
from attestation import access
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import User
from attestation.refusals import Refused

MB = 2**20
MOST_FILES = 10
NAME_MAX = 120
MOST_ENTRIES = 2_000
KINDS = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
BEGINNINGS = {
    "pdf": b"%PDF-",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
    "docx": b"PK\x03\x04",
}
ACCEPTED = ".pdf,.jpg,.jpeg,.png,.docx"
PLACE, UNSETTLED = "appeals", "unsettled"
# What was not made an attachment by then never will be.
KEPT = timedelta(days=1)
_PATH = re.compile(r"[/\\]")


@dataclass(frozen=True)
class Paper:
    """A file that was checked: a name to show, a type of ours and its bytes."""

    name: str
    content_type: str
    content: bytes


def plain_name(given: str) -> str:
    """The last part of a name, without controls and invisible characters; the ending is kept."""
    last = unicodedata.normalize("NFC", _PATH.split(given.strip())[-1])
    # Invisible marks can turn a name around on the screen; an unpaired surrogate can't be stored.
    kept = "".join(char for char in last if not unicodedata.category(char).startswith(("C", "Zl", "Zp")))
    stem, dot, ending = kept.strip().rpartition(".")
    if not dot:
        return kept[:NAME_MAX]
    return f"{stem.strip()[: NAME_MAX - len(ending) - 1] or 'file'}.{ending}"


def limit_mb(day_of: datetime) -> int:
    """How many megabytes a file may have, by the commission's rules of the day. Ours, not the order's."""
    return CommissionRules.objects.in_force_on(local_day(day_of)).attachment_max_mb


def checked(files: Sequence[UploadedFile[bytes]], *, now: datetime, before: int = 0) -> list[Paper]:
    """F-W13: every file by its ending, its size and its first bytes. Raises Refused naming the file.

    `before`: how many were given already with the same form.
    """
    if before + len(files) > MOST_FILES:
        raise Refused(
            "too_many_files",
            _("%(count)s files are attached; at most %(limit)s are taken. Leave some out."),
            count=before + len(files),
            limit=MOST_FILES,
        )
    limit = limit_mb(now)
    return [_check(file, limit) for file in files]


def _check(file: UploadedFile[bytes], limit: int) -> Paper:
    name = plain_name(file.name or "")
    kind = name.rpartition(".")[2].lower() if "." in name else ""
    if kind not in KINDS:
        raise Refused(
            "file_kind",
            _("“%(name)s”: files of this kind are not taken. Attach a pdf, jpg, png or docx file."),
            name=name,
        )
    if (file.size or 0) > limit * MB:
        raise Refused(
            "file_size",
            _("“%(name)s” is larger than %(limit)s MB. Attach a smaller file, or several."),
            name=name,
            limit=limit,
        )
    # One byte more than allowed: what a browser says about the size proves nothing.
    content = file.read(limit * MB + 1)
    if len(content) > limit * MB:
        raise Refused(
            "file_size",
            _("“%(name)s” is larger than %(limit)s MB. Attach a smaller file, or several."),
            name=name,
            limit=limit,
        )
    if not content:
        raise Refused("file_empty", _("“%(name)s” is empty. Attach the right file."), name=name)
    if not content.startswith(BEGINNINGS[kind]) or (kind == "docx" and not _is_docx(content)):
        raise Refused(
            "file_content",
            _("“%(name)s” is no %(kind)s file inside, or is damaged. Save it anew and attach it again."),
            name=name,
            kind=kind,
        )
    _scan(name, content)
    return Paper(name, KINDS[kind], content)


def _is_docx(content: bytes) -> bool:
    """A text document without macros; only the list of its parts is read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            names = [entry.filename.lower() for entry in book.infolist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False
    if len(names) > MOST_ENTRIES or any(name.endswith("vbaproject.bin") for name in names):
        return False
    return "[content_types].xml" in names and "word/document.xml" in names


def _scan(name: str, content: bytes) -> None:
    """The virus scanner, where one is set up: a function of the bytes that says what it found."""
    place = getattr(settings, "ATTACHMENT_SCANNER", "")
    found = import_string(place)(content) if place else ""
    if found:
        raise Refused(
            "file_infected",
            _("“%(name)s” was refused by the virus scanner (%(found)s). Clean it and attach it again."),
            name=name,
            found=str(found)[:80],
        )


def storage() -> Storage:
    """Where the papers lie: under DATA_DIR/media, which no web address leads to."""
    return storages["default"]


@contextmanager
def removed_unless_done() -> Iterator[list[str]]:
    """Files of an act that fails are taken away again: the database forgets them, the disk would not."""
    stored: list[str] = []
    try:
        yield stored
    except BaseException:
        for name in stored:
            storage().delete(name)
        raise


def attach(appeal: Appeal, papers: Sequence[Paper], stored: list[str], *, by: By) -> list[dict[str, object]]:
    """Keep the papers under random names, the same one once; returns what the journal says of them."""
    told: list[dict[str, object]] = []
    by_content = {hashlib.sha256(paper.content).hexdigest(): paper for paper in papers}
    for digest, paper in by_content.items():
        word = secrets.token_hex(16)
        place, mark = f"{PLACE}/{word}", f"{UNSETTLED}/{local_day(by.at).isoformat()}/{word}"
        stored += [place, mark]
        # F-D4: whoever is killed now has left a file of nobody's; the mark tells the sweep of it.
        storage().save(mark, ContentFile(b""))
        storage().save(place, ContentFile(paper.content))
        transaction.on_commit(partial(storage().delete, mark), robust=True)
        Attachment.objects.create(
            appeal=appeal,
            name=paper.name,
            content_type=paper.content_type,
            size=len(paper.content),
            sha256=digest,
            file=place,
            uploaded_by=by.user,
            uploaded_at=by.at,
        )
        told.append({"name": paper.name, "size": len(paper.content), "sha256": digest})
    return told


def kept_too_long(place: str, now: datetime) -> Iterator[str]:
    """The files of the days before yesterday in a place with a folder for each; an emptied one is removed."""
    oldest = (local_day(now) - KEPT).isoformat()
    try:
        days = storage().listdir(place)[0]
    except FileNotFoundError:
        return
    for day in days:
        if day < oldest:
            yield from (f"{place}/{day}/{name}" for name in storage().listdir(f"{place}/{day}")[1])
            storage().delete(f"{place}/{day}")


def remove_unsettled(*, now: datetime) -> int:
    """F-D4: take away the papers of acts that were cut off; returns how many. An attached one stays."""
    removed = 0
    for mark in kept_too_long(UNSETTLED, now):
        place = f"{PLACE}/{mark.rpartition('/')[2]}"
        if not Attachment.objects.filter(file=place).exists():
            storage().delete(place)
            removed += 1
        storage().delete(mark)
    return removed


def attached(appeal: Appeal, paper: Paper) -> Attachment | None:
    """The same paper where the appeal has it already; None where it has not."""
    digest = hashlib.sha256(paper.content).hexdigest()
    return Attachment.objects.filter(appeal=appeal, sha256=digest).first()


def read(attachment: Attachment, *, actor: User | None) -> bytes:
    """The paper for somebody in whose sight the case is. Raises Refused: out of sight, lost, or changed."""
    if not access.in_sight(actor, Attachment.objects.filter(pk=attachment.pk)).exists():
        raise Refused("not_found", _("There is no such record among those of your centre."))
    try:
        with storage().open(str(attachment.file.name)) as file:
            content: bytes = file.read()
    except FileNotFoundError:
        content = b""
    if hashlib.sha256(content).hexdigest() != attachment.sha256:
        raise Refused(
            "file_changed",
            _("“%(name)s” is not on the disk as it was attached. Tell the administrator."),
            name=attachment.name,
        )
    return content
