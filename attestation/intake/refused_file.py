"""What ends the reading of a file in the child process; child.py sends it to the parent."""

from __future__ import annotations


class RefusedFile(Exception):
    """The file can't be read. `code` is a key of `messages.FILES`; `params` name the place in the file."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
