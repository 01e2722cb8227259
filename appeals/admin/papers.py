"""The papers of an appeal: listed on its page, given back as downloads only (F-W13)."""

from __future__ import annotations

from pathlib import PurePath

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header

from appeals.models import Appeal, Attachment
from appeals.services.attachments import read
from attestation import access, viewed
from attestation.admin.base import ScopedAdmin
from attestation.refusals import Refused

# A browser that opens the file in spite of all runs nothing in it.
INERT = "default-src 'none'; sandbox"


class PapersOfAppeal(ScopedAdmin):
    """Adds the download to the page of an appeal, behind the same doors."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.paper_view)
        address = path("<int:object_id>/papers/<int:paper_id>/", view, name="appeals_appeal_paper")
        return [address, *super().get_urls()]

    def is_blind(self, obj: Appeal) -> bool:
        """A blind review names nobody whose appeal is open."""
        return obj.blind and obj.state == Appeal.State.OPEN  # type: ignore[attr-defined]  # as its list annotates it

    def paper_view(self, request: HttpRequest, object_id: int, paper_id: int) -> HttpResponse:
        """One file, to be saved; the type is the one that was checked, never the one that was sent."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        user = access.actor_of(request)
        papers = access.in_sight(user, Attachment.objects.select_related("appeal__attestation"))
        paper = papers.filter(pk=paper_id, appeal=object_id).first()
        blind = paper is not None and access.hides_identity_from(user, paper.appeal.attestation)
        if paper is not None and blind:
            paper = _shown(paper.appeal, blind=True).filter(pk=paper_id).first()
        if paper is None or not self.has_view_permission(request, paper.appeal):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))
        viewed.about(request, paper.appeal.attestation)
        if blind:
            paper.name = name_of(paper)
        try:
            content = read(paper, actor=user)
        except Refused as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(reverse("admin:appeals_appeal_change", args=(object_id,)))
        return HttpResponse(
            content,
            content_type=paper.content_type,
            headers={
                "Content-Disposition": content_disposition_header(True, paper.name),
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": INERT,
                "Cache-Control": "no-store, private",
            },
        )


def papers_of(appeal: Appeal, *, blind: bool = False) -> list[tuple[Attachment, str]]:
    """The papers with their addresses. Who reviews blind gets none by which a question was withdrawn, and
    each by a name that tells nothing."""
    papers = list(_shown(appeal, blind=blind).order_by("pk"))
    for paper in papers if blind else ():
        paper.name = name_of(paper)
    return [(paper, reverse("admin:appeals_appeal_paper", args=(appeal.pk, paper.pk))) for paper in papers]


def name_of(paper: Attachment) -> str:
    """The file by its number: people put their own names into those of their files."""
    return f"{paper.pk}{PurePath(paper.name).suffix}"


def _shown(appeal: Appeal, *, blind: bool) -> QuerySet[Attachment]:
    """A withdrawal is signed with the name and is no part of the argument."""
    rows = appeal.attachments.all()
    return rows.filter(withdrawals__isnull=True) if blind else rows
