"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AttestationConfig(AppConfig):
    """Attestation."""

    name = "attestation"
    verbose_name = _("Attestation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the kinds of files; refuse to start with a kind of reminder that is not whole."""
        from attestation.intake import kinds  # noqa: F401  the import declares them
        from attestation.notices.completeness import check_reminders

        check_reminders()
