"""The back office as a site: who gets in, its home page, and what the stock site offers beyond need."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from attestation import access, clock
from attestation.accounts import sessions
from attestation.notices.inbox import unread_count


class FoundByPost(AutocompleteJsonView):
    """Django's answers to what is typed into a choice, asked by POST."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Django's view reads GET, which is the address's; the request ends here.
        both = request.GET.copy()
        both.update(request.POST)
        request.GET = both  # type: ignore[assignment]  # only read from here on
        return self.get(request, *args, **kwargs)


class BackOffice(UnfoldAdminSite):
    """Unfold's site, for accounts with a role, with a home page for each of them."""

    site_title = _("Attestation")
    site_header = _("Attestation back office")
    index_title = _("Home")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """An active account with a role; what it sees and does is decided page by page."""
        return bool(access.role_of(request.user))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The pages of the site as a whole, before those of the tables."""
        # Here, because these pages stand on ones that register with this very site.
        from attestation.admin import login_pages, my_account, own_account, proof
        from office import navigation
        from office.health import health_page
        from office.rehearsal import rehearsal_page

        return [
            path("login/code/", login_pages.code_view, name="login_code"),
            path("account/", self.admin_view(my_account.view), name="account"),
            path(
                "account/second-factor/",
                self.admin_view(my_account.second_factor_view),
                name="second_factor",
            ),
            path("prove/", self.admin_view(proof.view), name="prove"),
            path("registers/", self.admin_view(navigation.registers_view), name="registers"),
            path("health/", self.admin_view(health_page.view), name="health"),
            path("address/", self.admin_view(own_account.address_view), name="own_address"),
            path("rehearsal/", self.admin_view(rehearsal_page.view), name="rehearsal"),
            *super().get_urls(),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page has, with the banners for whoever is logged in."""
        from office import banner

        context: dict[str, Any] = super().each_context(request)
        if self.has_permission(request):
            context["banners"] = banner.of(request)
            context["unread_notices"] = unread_count(access.actor_of(request))
        return context

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Unfold's page; the service behind it writes the journal."""
        from attestation.admin.own_account import OwnPasswordView

        context = {**self.each_context(request), **(extra_context or {})}
        return OwnPasswordView.as_view(extra_context=context)(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The password; the session begins only after the second factor, where there is one."""
        from attestation.admin.login_pages import Login

        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        onward = {REDIRECT_FIELD_NAME: reverse("admin:index")}
        sent = REDIRECT_FIELD_NAME in request.GET or REDIRECT_FIELD_NAME in request.POST
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **({} if sent else onward),
            **(extra_context or {}),
        }
        return Login.as_view(
            extra_context=context, authentication_form=self.login_form, template_name="admin/login.html"
        )(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Django's, on record."""
        if request.method == "POST" and self.has_permission(request):
            sessions.log_out(request, now=clock.now())
        answer: HttpResponse = super().logout(request, extra_context)
        return answer

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        # Here, because the pages that the home page links to register with this very site.
        from office import home

        context = {
            **self.each_context(request),
            "title": self.index_title,
            "subtitle": None,
            **home.context(request),
            **(extra_context or {}),
        }
        request.current_app = self.name
        return TemplateResponse(request, "admin/home.html", context)

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list of an app's tables says nothing to an officer: the home page does."""
        return HttpResponseRedirect(reverse("admin:index"))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Empty: the sidebar names each role's pages (office/navigation.py), and no page lists all tables."""
        return []

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """F-W10: the one box, asked by POST; unfold's own would put whatever is typed into the address."""
        from office import search

        return search.view(request)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        """F-W10: a choice found by typing."""
        return FoundByPost.as_view(admin_site=self)(request)
