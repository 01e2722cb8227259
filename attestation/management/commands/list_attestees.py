"""`manage.py list_attestees`: the people of a file go on the list of a cycle, as on the page (¶9)."""

from attestation.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Put the people of a file on the list of a cycle (¶9)."
    kind = "attestees"
    file_argument = "--file"
