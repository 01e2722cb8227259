"""What the two `simulate_*` commands share: standard input to standard output, line by line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from office.simulate.json_lines import Answer, answer_lines

# The tag of the one start-up check that also commands without a database can't do without (F-D11).
ZONE = "zone"


class SimulateCommand(BaseCommand):
    """JSON Lines on standard input, one answer a line on standard output; exit status 1 after any error."""

    # Nothing but the zone data: these commands run without a database (F-D11).
    requires_system_checks: list[str] = [ZONE]

    def simulate(self, answer: Answer, keys: tuple[str, ...]) -> None:
        """Answer every line. Raises SystemExit(1) where a line was an error, or where nobody reads on."""
        if sys.stdin is None:
            sys.exit("Nothing to read: standard input is closed.")
        lines: Any = getattr(sys.stdin, "buffer", sys.stdin)
        try:
            errors = answer_lines(lines, answer, keys, self._writer())
            self.stdout.flush()
        except BrokenPipeError:
            # The reader left (`| head`); what is still buffered would raise again when Python exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        if errors:
            sys.exit(1)

    def _writer(self) -> Callable[[bytes], object]:
        """Bytes straight to the stream; a text stream without bytes below it (a test's) gets text."""
        out: Any = self.stdout._out
        buffer = getattr(out, "buffer", None)
        if buffer is None:
            return lambda block: out.write(block.decode())

        def write(block: bytes) -> None:
            buffer.write(block)
            buffer.flush()

        return write
