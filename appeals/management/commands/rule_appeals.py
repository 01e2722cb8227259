"""`manage.py rule_appeals FILE`: the rulings of a sitting held elsewhere, typed in."""

from __future__ import annotations

from attestation.management.import_command import ImportCommand


class Command(ImportCommand):
    """By the secretary of the commission or, for a commission of one, its chair."""

    help = "Put on record the rulings on appeals made in a sitting held elsewhere (I-12, I-13)."
    kind = "rulings"
    as_user = "required"
