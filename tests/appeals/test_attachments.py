"""F-W13, F-W2: papers of an appeal: what is taken, where it lies, how it comes back."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.test import Client

from appeals.models import Appeal, Attachment, CommissionRules
from appeals.services.attachments import checked, plain_name, storage
from appeals.services.filing import file_appeal
from attestation.by import By
from attestation.models import Attestation, Role, User
from attestation.refusals import Refused
from tests.appeals.filing_cast import (
    HTML,
    JPG,
    PDF,
    PNG,
    SVG,
    WHY,
    docx,
    file_of,
    officer_of,
    page_of,
    send,
    typed,
)
from tests.attestation.admin_cast import MONDAY, at, client_of, messages_of, text_of, url
from tests.factories import UserFactory, moment
from tests.siblings_cast import footprint, published, seated

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at", "media")]


def filed_with(*papers: Any) -> tuple[Attestation, User, Attachment]:
    """A case whose appeal has these papers."""
    case = published(60)
    officer = officer_of(case)
    assert send(officer, case, typed((12, WHY), papers=list(papers))).status_code == 200
    return case, officer, Attachment.objects.order_by("pk").first()  # type: ignore[return-value]


def address_of(paper: Attachment) -> str:
    return url("appeals_appeal_paper", paper.appeal_id, paper.pk)


def refusal(name: str, content: bytes, content_type: str = "application/pdf") -> Refused:
    with pytest.raises(Refused) as refused:
        checked([file_of(name, content, content_type)], now=MONDAY)
    assert plain_name(name) in str(refused.value)
    return refused.value


class TestTaken:
    @pytest.mark.parametrize(
        ("name", "content", "content_type"),
        [
            ("Хат.pdf", PDF, "application/pdf"),
            ("скан.JPG", JPG, "image/jpeg"),
            ("скан.jpeg", JPG, "image/jpeg"),
            ("экран.png", PNG, "image/png"),
            (
                "Өтініш.docx",
                docx(),
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
        ],
    )
    def test_by_ending_and_first_bytes_whatever_the_browser_says(
        self, name: str, content: bytes, content_type: str
    ) -> None:
        paper = checked([file_of(name, content, "text/html")], now=MONDAY)[0]
        assert (paper.name, paper.content_type, paper.content) == (name, content_type, content)

    @pytest.mark.parametrize(
        ("name", "content", "code"),
        [
            ("page.html", HTML, "file_kind"),
            ("image.svg", SVG, "file_kind"),
            ("run.exe", b"MZ", "file_kind"),
            ("no-ending", PDF, "file_kind"),
            ("a.pdf.html", PDF, "file_kind"),
            ("macro.docm", docx(), "file_kind"),
            # F-W13: HTML and SVG under another name
            ("page.pdf", HTML, "file_content"),
            ("image.png", SVG, "file_content"),
            ("image.jpg", b"GIF89a" + HTML, "file_content"),
            ("page.docx", HTML, "file_content"),
            ("page.docx", b"PK\x03\x04" + HTML, "file_content"),
            ("macro.docx", docx("word/vbaProject.bin"), "file_content"),
            ("sheet.docx", docx()[:40], "file_content"),
            ("picture.png", JPG, "file_content"),
            ("empty.pdf", b"", "file_empty"),
        ],
    )
    def test_f_w13_anything_else_is_refused_by_name(self, name: str, content: bytes, code: str) -> None:
        assert refusal(name, content).code == code

    def test_the_limit_is_the_commissions_setting(self) -> None:
        mega = 2**20
        assert checked([file_of("a.pdf", PDF + b" " * (10 * mega - len(PDF)))], now=MONDAY)
        over = refusal("a.pdf", PDF + b" " * (10 * mega - len(PDF) + 1))
        assert (over.code, over.params["limit"]) == ("file_size", 10)
        CommissionRules.objects.create(effective_from=moment("2026-02-01 09:00").date(), attachment_max_mb=1)
        assert refusal("a.pdf", PDF + b" " * mega).params["limit"] == 1

    def test_eleven_files_are_too_many(self) -> None:
        with pytest.raises(Refused, match="11 files are attached; at most 10"):
            checked([file_of(f"{n}.pdf", PDF) for n in range(11)], now=MONDAY)

    def test_a_scanner_that_finds_something_is_believed(self, settings: Any) -> None:
        settings.ATTACHMENT_SCANNER = "tests.appeals.test_attachments.finds_eicar"
        assert refusal("a.pdf", PDF + b"EICAR").code == "file_infected"
        assert checked([file_of("a.pdf", PDF)], now=MONDAY)

    def test_on_the_page_the_text_stays_and_nothing_is_stored(self, media: Path) -> None:
        case = published(60)
        before = footprint()
        answer = send(officer_of(case), case, typed((12, WHY), papers=[file_of("a.pdf", HTML)]))
        assert answer.status_code == 422
        assert "“a.pdf” is no pdf file inside" in text_of(answer)
        assert WHY in text_of(answer)
        assert footprint() == before
        assert not media.exists()


def finds_eicar(content: bytes) -> str:
    """A scanner of one signature."""
    return "EICAR test" if b"EICAR" in content else ""


class TestName:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("../../etc/passwd.pdf", "passwd.pdf"),
            (r"C:\Users\Аслан\хат.pdf", "хат.pdf"),
            ("/abs/olute.pdf", "olute.pdf"),
            ("a\r\nContent-Type: text/html\r\n.pdf", "html.pdf"),
            ("\u202efdp.exe.pdf", "fdp.exe.pdf"),
            ("a\x00b.pdf", "ab.pdf"),
            ("ә" * 300 + ".pdf", "ә" * 116 + ".pdf"),
            (".pdf", "file.pdf"),
        ],
    )
    def test_f_w13_a_path_in_the_name_is_no_path(self, given: str, kept: str) -> None:
        assert plain_name(given) == kept

    def test_f_w13_it_lies_under_a_random_name_outside_the_web_root(self, media: Path) -> None:
        _, _, paper = filed_with(file_of("../../../tmp/хат.pdf", PDF))
        assert paper.name == "хат.pdf"
        place = Path(storage().path(str(paper.file.name)))
        assert place.parent == media / "appeals"
        assert "хат" not in place.name
        assert "." not in place.name
        assert place.read_bytes() == PDF
        assert os.stat(place).st_mode & 0o777 == 0o600
        for guess in ("/media/", "/media/appeals/", f"/media/appeals/{place.name}", f"/{paper.file.name}"):
            assert Client().get(guess).status_code == 404

    def test_the_same_paper_twice_is_kept_once(self) -> None:
        filed_with(file_of("a.pdf", PDF), file_of("b.pdf", PDF), file_of("c.png", PNG))
        assert Attachment.objects.count() == 2


class TestBack:
    def test_f_w13_as_a_download_with_nosniff_and_nothing_that_runs(self) -> None:
        _, officer, paper = filed_with(file_of('Әбен "хат"; x.pdf', PDF, "text/html"))
        answer = client_of(officer).get(address_of(paper))
        assert (answer.status_code, answer.content) == (200, PDF)
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "no-store" in answer["Cache-Control"]

    def test_it_is_listed_on_the_page_of_the_appeal(self) -> None:
        _, officer, paper = filed_with(file_of("Хат.pdf", PDF))
        page = text_of(client_of(officer).get(url("appeals_appeal_change", paper.appeal_id)))
        assert f'href="{address_of(paper)}"' in page
        assert "Хат.pdf" in page

    def test_f_w13_not_to_an_officer_of_another_centre_nor_to_a_stranger(self) -> None:
        _, _, paper = filed_with(file_of("a.pdf", PDF))
        other = client_of(officer_of(published(60))).get(address_of(paper), follow=True)
        assert PDF not in other.content
        assert messages_of(other) == ["There is no such record among those in your sight."]
        assert Client().get(address_of(paper)).status_code == 302
        assert client_of(UserFactory(role="", is_staff=True)).get(address_of(paper)).status_code == 302

    def test_the_commission_reads_it(self) -> None:
        case, _, paper = filed_with(file_of("a.pdf", PDF))
        member = seated(Role.MEMBER, case.center.labour_mobility_center)
        assert client_of(member).get(address_of(paper)).content == PDF

    def test_not_under_the_number_of_another_appeal(self) -> None:
        _, officer, paper = filed_with(file_of("a.pdf", PDF))
        case = published(60)
        other = file_appeal(
            case,
            filed_at=MONDAY,
            items=[(1, WHY)],
            receipt_note="…",
            by=By(None, MONDAY),
        )
        answer = client_of(UserFactory()).get(url("appeals_appeal_paper", other.pk, paper.pk))
        assert answer.status_code == 302

    def test_only_get(self) -> None:
        _, officer, paper = filed_with(file_of("a.pdf", PDF))
        assert client_of(officer).post(address_of(paper)).status_code == 405

    @pytest.mark.parametrize("change", ["edited", "lost"])
    def test_a_file_changed_or_lost_on_the_disk_is_not_given_out(self, change: str) -> None:
        _, officer, paper = filed_with(file_of("a.pdf", PDF))
        place = Path(storage().path(str(paper.file.name)))
        if change == "edited":
            place.write_bytes(PDF + b"!")
        else:
            place.unlink()
        answer = client_of(officer).get(address_of(paper), follow=True)
        assert "is not on the disk as it was attached" in messages_of(answer)[0]


class TestTooMuch:
    def test_f_w13_a_claim_of_1_gb_is_refused_before_a_byte_is_kept(self) -> None:
        case = published(60)
        client = client_of(officer_of(case))
        answer = client.post(page_of(case), typed((12, WHY)), CONTENT_LENGTH=str(2**30))
        assert answer.status_code == 400
        assert not Appeal.objects.exists()

    def test_at_the_bound(self) -> None:
        """F-W15: 128 MB are taken, a byte more is not."""
        from config.uploads import MAX_BODY, BodyLimit

        BodyLimit().handle_raw_input(io.BytesIO(), {}, MAX_BODY, "b")
        with pytest.raises(RequestDataTooBig):
            BodyLimit().handle_raw_input(io.BytesIO(), {}, MAX_BODY + 1, "b")


def test_an_act_that_fails_leaves_no_file(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from appeals.services import filing

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(filing, "open_ruling_deadline", broken)
    case = published(60)
    papers = checked([file_of("a.pdf", PDF)], now=MONDAY)
    with pytest.raises(RuntimeError):
        file_appeal(case, filed_at=MONDAY, items=[(12, WHY)], papers=papers, by=By(None, MONDAY))
    assert [place for place in media.rglob("*") if place.is_file()] == []
    assert not Appeal.objects.exists()
