"""A bound on what one request may send: a body that claims more is refused before a byte of it is kept."""

from __future__ import annotations

from typing import IO

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

# Ten papers of an appeal at the usual size, and their text; a spreadsheet is far below.
MAX_BODY = 128 * 2**20


class BodyLimit(FileUploadHandler):
    """F-W13, F-W15: refuses a body of files that is too large, and leaves the others to the next handler."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803  # Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        if content_length > MAX_BODY:
            raise RequestDataTooBig(f"a body of {content_length} bytes; at most {MAX_BODY} are taken")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
