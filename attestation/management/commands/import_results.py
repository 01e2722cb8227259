"""`manage.py import_results FILE`: the same path as the page."""

from attestation.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Import test results of a cycle (¶17)."
    kind = "results"
