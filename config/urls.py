"""Addresses: the admin is the product; the rest is a door to it, the language switch and the health page."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from config.healthz import healthz
from config.language import set_language

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("healthz", healthz, name="healthz"),
    path("language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
]
