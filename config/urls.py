"""Addresses: the admin is the product; the rest is a door to it, the language switch and the health page."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.healthz import healthz

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("healthz", healthz, name="healthz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
