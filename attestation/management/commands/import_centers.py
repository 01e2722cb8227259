"""`manage.py import_centers FILE`: the same path as the page."""

from attestation.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Import labour mobility centres and career centres."
    kind = "centers"
