"""The room as a Django app, so that its commands and tasks are found."""

from functools import partial

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """Tells the siblings, which never meet, what they need of each other; declares its kind of file."""

    name = "office"

    def ready(self) -> None:
        from django.core.signals import request_finished

        from appeals.services.lines import register_row_ruling
        from office import decisions_file  # noqa: F401  the import declares the kind of file
        from office.health import alarm
        from scoring.services.rulings import rule_rating
        from scoring.shown_evidence import dated_ratings

        # Requests come to web processes alone, and they look whether the others work.
        request_finished.connect(alarm.after_request, dispatch_uid=alarm.JOB)
        # A held row 2 is voted on in a sitting of `appeals` and ruled on in `scoring` (I-04, I-05).
        register_row_ruling(
            partial(rule_rating, in_sitting=True), dated_ratings, "admin:scoring_heldrow_change"
        )
