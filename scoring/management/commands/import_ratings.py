"""`manage.py import_ratings FILE`: the same path as the page."""

from attestation.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Import service recipients' ratings (App. 1-2 row 2), read through a day (I-27)."
    kind = "ratings"
