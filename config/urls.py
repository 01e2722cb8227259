"""Addresses: the admin is the product; the rest is a door to it, the language switch and the health page."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from attestation.admin.own_account import PasswordLinkView
from attestation.deadlines.feed_view import feed
from config.language import set_language
from office.health.healthz import healthz, metrics_page

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics_page, name="metrics"),
    path("language/", set_language, name="set_language"),
    path("feed/<str:secret>.ics", feed, name="feed"),
    path("password/<uidb64>/<token>/", PasswordLinkView.as_view(), name="set_password"),
    path("admin/", admin.site.urls),
]
handler500 = "config.unavailable.server_error"
