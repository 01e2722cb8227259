"""`manage.py import_staff FILE`: the same path as the page."""

from attestation.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Import the staff of centres."
    kind = "staff"
