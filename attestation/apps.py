"""The app."""

from django.apps import AppConfig


class AttestationConfig(AppConfig):
    """Attestation."""

    name = "attestation"
    default_auto_field = "django.db.models.BigAutoField"
