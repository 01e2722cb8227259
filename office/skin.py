"""How django-unfold, the admin's skin, is dressed: names, colours, the language switch. Settings read it."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Attestation"),
    "SITE_HEADER": _("Attestation"),
    "SITE_SUBHEADER": _("Career centres of Kazakhstan"),
    "SITE_ICON": lambda request: static("attestation/icon.svg"),
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("attestation/icon.svg")}
    ],
    "SHOW_LANGUAGES": False,  # the header has its own switch
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "LANGUAGES": {"action": reverse_lazy("set_language"), "navigation": []},
    "LOGIN": {"form": "config.login.LoginForm"},
    "ACCOUNT": {
        "navigation": [
            {"title": _("My account"), "link": reverse_lazy("admin:account")},
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
            {"title": _("My address"), "link": reverse_lazy("admin:own_address")},
        ]
    },
    "STYLES": [lambda request: static("attestation/office.css")],
    "SCRIPTS": [
        lambda request: static("attestation/office.js"),
        lambda request: static("attestation/drafts.js"),
        lambda request: static("attestation/find.js"),
    ],
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "oklch(97.7% .012 212)",
            "100": "oklch(94.6% .028 212)",
            "200": "oklch(89.6% .054 212)",
            "300": "oklch(82.2% .086 213)",
            "400": "oklch(71.5% .108 215)",
            "500": "oklch(60.2% .104 219)",
            "600": "oklch(50.6% .092 223)",
            "700": "oklch(44.4% .08 226)",
            "800": "oklch(38.6% .068 228)",
            "900": "oklch(33.4% .056 230)",
            "950": "oklch(25.4% .046 232)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": "office.navigation.navigation",
    },
}
