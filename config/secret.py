"""The secret key of the embedded mode: made once, kept beside the data, never in the code."""

import contextlib
import os
import secrets
from pathlib import Path

LENGTH_BYTES = 48


def embedded_secret_key(data_dir: Path) -> str:
    """Read the key kept in `data_dir`, or make one; in a read-only folder it lives as long as the process."""
    path = data_dir / "secret_key"
    key = secrets.token_urlsafe(LENGTH_BYTES)
    try:
        return path.read_text(encoding="ascii").strip() or key
    except FileNotFoundError:
        pass
    except OSError:
        return key
    draft = data_dir / f"secret_key.{os.getpid()}.draft"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii"
        ) as file:
            file.write(key)
        # A link fails where the name is taken: two processes that start together end with one key.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return key
    finally:
        draft.unlink(missing_ok=True)
