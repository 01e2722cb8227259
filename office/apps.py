"""The room as a Django app, so that its commands and tasks are found."""

from functools import partial

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """Tells the siblings, which never meet, what they need of each other; declares its kind of file."""

    name = "office"

    def ready(self) -> None:
        from appeals.services.lines import register_row_ruling
        from office import decisions_file  # noqa: F401  the import declares the kind of file
        from scoring.services.rulings import rule_rating
        from scoring.shown_evidence import dated_ratings

        # A held row 2 is voted on in a sitting of `appeals` and ruled on in `scoring` (I-04, I-05).
        register_row_ruling(
            partial(rule_rating, in_sitting=True), dated_ratings, "admin:scoring_heldrow_change"
        )
