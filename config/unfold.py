"""How django-unfold, the admin's skin, is dressed."""

from typing import Any

from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Attestation back office"),
    "SITE_HEADER": _("Attestation back office"),
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
}
