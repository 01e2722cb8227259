"""Who files on our own page, and the files they attach."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from appeals.services.attachments import Paper
from appeals.services.withdrawal import Wish
from attestation.models import Attestation, Role, User
from tests.attestation.admin_cast import client_of, url
from tests.factories import UserFactory

WHY = "Екі жауап та дұрыс: Қағиданың 12-тармағында екеуі де аталған."
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
JPG = b"\xff\xd8\xff\xe0" + b"\x00" * 60
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 60
HTML = b"<!doctype html><script>alert(document.domain)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
KEY = "0123456789abcdef" * 2


def docx(*parts: str) -> bytes:
    """A text document with these parts beside the two it must have."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        for name in ("[Content_Types].xml", "word/document.xml", *parts):
            book.writestr(zipfile.ZipInfo(name), "<x/>")  # no clock time: its bytes name a test
    return out.getvalue()


def file_of(name: str, content: bytes, content_type: str = "application/octet-stream") -> SimpleUploadedFile:
    """As a browser sends it; what it says about the type proves nothing."""
    return SimpleUploadedFile(name, content, content_type)


def officer_of(case: Attestation, **values: Any) -> User:
    """An HR officer of the employee's own centre."""
    return UserFactory(role=Role.HR, center=case.center, **values)


def typed(*items: tuple[int | str, str], **changed: Any) -> dict[str, Any]:
    """What the browser sends for these questions."""
    sent: dict[str, Any] = {
        "filed_at": "",
        "receipt_note": "",
        "external_id": "",
        "rows": str(max(len(items), 3)),
        "form_key": KEY,
        "step": "save",
    }
    for place, (question, argument) in enumerate(items):
        sent |= {f"question_{place}": str(question), f"argument_{place}": argument}
    return {**sent, **changed}


def page_of(case: Attestation) -> str:
    """The address of the page."""
    return url("attestation_attestation_act", case.pk, "file-appeal")


def send(user: User, case: Attestation, data: dict[str, Any], *, follow: bool = True, **more: Any) -> Any:
    """One press of the button; without `follow` the page after it is not opened."""
    return client_of(user).post(page_of(case), data, follow=follow, **more)


def wish(received_on: date) -> Wish:
    """The applicant's paper that asks for a withdrawal, and when it came."""
    return Wish(Paper("Хат.pdf", "application/pdf", PDF), received_on)
