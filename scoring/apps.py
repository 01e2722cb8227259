"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScoringConfig(AppConfig):
    """Scoring."""

    name = "scoring"
    verbose_name = _("Assessment")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say how the rows hang on a centre, what points a result would give, and how records are voided."""
        from attestation.access import register_scope
        from attestation.cases.corrections import Records, register_records
        from attestation.cases.grounds import register_windows
        from attestation.cases.past_careers import register_past_windows
        from attestation.cases.what_if import register_assessor
        from scoring import models, resources  # noqa: F401  the import declares the kinds of files
        from scoring.services.evidence import points_on, window_moved, windows_not_between
        from scoring.services.voiding import cases_of, require_standing, void_confirmed

        register_scope(models.Rating, "employee__center")
        register_scope(models.Violation, "employee__center")
        register_scope(models.ReadThrough, "center")
        register_scope(models.RatingRuling, "attestation__center")
        register_scope(models.Assessment, "attestation__center")
        # By the page alone that names nobody: `scoped` takes its rows for those of a centre.
        register_scope(models.HeldRow, "center")
        register_assessor(points_on)
        register_windows(window_moved)
        register_past_windows(windows_not_between)
        register_records(Records(require_standing, cases_of, void_confirmed))
