"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AppealsConfig(AppConfig):
    """Appeals."""

    name = "appeals"
    verbose_name = _("Appeals")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say how the rows hang on a centre, and who sits in which commission."""
        from appeals import models, resources  # noqa: F401  the import declares the kinds of files
        from appeals.services.blind import under_blind_review
        from appeals.services.commission import open_sitting_of, sits
        from appeals.services.seat_requests import SEAT, SEAT_REQUEST
        from attestation.access import register_commission, register_scope
        from attestation.accounts.requests import register_kind

        register_scope(models.Commission, "center")
        register_scope(models.Membership, "commission__center")
        register_scope(models.Appeal, "attestation__center")
        register_scope(models.AppealItem, "appeal__attestation__center")
        register_scope(models.Attachment, "appeal__attestation__center")
        register_scope(models.FaultyQuestion, "cycle__center")
        register_scope(models.DifferingRuling, "cycle__center")
        # Votes and recusals have no path: services alone say who learns of them, and when.
        for model, path in (
            (models.Sitting, "commission"),
            (models.AgendaItem, "sitting__commission"),
            (models.Attendance, "sitting__commission"),
            (models.Dissent, "agenda_item__sitting__commission"),
        ):
            register_scope(model, f"{path}__center")
        register_kind(SEAT, SEAT_REQUEST)
        register_commission(sits, open_sitting_of, under_blind_review)
