"""`manage.py recount SITTING [--json]`: a closed sitting counted again from the journal alone."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from appeals.services.recount import Recount, find_sitting, recount
from attestation.by import By
from attestation.management.acting import ActingCommand, Report


class Command(ActingCommand):
    """Exit 0: everything fits; 1: something differs, or there is no such closed sitting."""

    help = "Count a closed sitting again from the receipts and the count in the journal, and compare."
    as_user = ""
    changes = False

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sitting", help="Its id, or its name as in the journal, such as central-3.")

    def act(self, *, by: By, **options: Any) -> Report:
        done = recount(find_sitting(options["sitting"]))
        return Report(done.as_data(), as_text(done), refused=bool(done.differences))


def as_text(done: Recount) -> str:
    """A few lines for people; the rows are in --json."""
    lines = [
        _("Sitting %(sitting)s: %(items)s items counted again, %(count)s differences.")
        % {"sitting": done.sitting, "items": done.items, "count": len(done.differences)}
    ]
    lines += [
        _("Item %(item)s: %(what)s %(member)s").rstrip()
        % {"item": one["item"], "what": one["what"], "member": one.get("member", "")}
        for one in done.differences
    ]
    if done.without_receipts:
        lines.append(
            _("Held before votes had receipts, so that nothing proves them: items %(items)s.")
            % {"items": ", ".join(map(str, done.without_receipts))}
        )
    return "\n".join(lines)
