"""`manage.py import_courses FILE`: the same path as the page."""

from attestation.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Import course hours of a cycle (¶14)."
    kind = "courses"
