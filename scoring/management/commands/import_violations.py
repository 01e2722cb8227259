"""`manage.py import_violations FILE`: the same path as the page."""

from attestation.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Import violations and errors on record (App. 1-2 row 3), read through a day (I-27)."
    kind = "violations"
