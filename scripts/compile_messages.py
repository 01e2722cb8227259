"""Compile the message catalogues where the .mo is missing or older. Needs no gettext tools."""

import os
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent


def compile_stale(root: Path = ROOT) -> list[Path]:
    """Write each stale .mo beside its .po, whole or not at all; gives the files written."""
    written = []
    for po in sorted(
        [*root.glob("locale/*/LC_MESSAGES/*.po"), *root.glob("config/locale/*/LC_MESSAGES/*.po")]
    ):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        draft = mo.with_suffix(f".{os.getpid()}.draft")
        polib.pofile(str(po)).save_as_mofile(str(draft))
        draft.replace(mo)
        written.append(mo)
    return written


if __name__ == "__main__":
    for path in compile_stale():
        sys.stdout.write(f"compiled {path.relative_to(ROOT)}\n")
