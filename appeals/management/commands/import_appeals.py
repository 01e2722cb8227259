"""`manage.py import_appeals FILE`: the same path as the page."""

from attestation.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Import appeals of a cycle (¶21); those filed too late are kept as late (I-14)."
    kind = "appeals"
