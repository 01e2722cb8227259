"""JSON Lines in and out: one answer for each line, whatever it is; memory does not grow with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

BLOCK_BYTES = 1 << 16
MESSAGE_LENGTH = 300
BOM = b"\xef\xbb\xbf"

Answer = Callable[[dict[str, Any]], dict[str, Any]]


class LineError(ValueError):
    """What is wrong with a line and what to write instead; becomes its `error`."""


class JsonNumber:
    """A JSON number with a point or an exponent, as it was written: no binary float is ever made of it."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _refuse_constant(name: str) -> NoReturn:
    raise LineError(f"{name} is not JSON")


def _long_int(text: str) -> int | JsonNumber:
    """Python refuses to read an integer of thousands of digits; its text is enough to echo an `id`."""
    try:
        return int(text)
    except ValueError:
        return JsonNumber(text)


_DECODER = json.JSONDecoder(parse_float=JsonNumber, parse_constant=_refuse_constant)
_LONG_DECODER = json.JSONDecoder(parse_float=JsonNumber, parse_constant=_refuse_constant, parse_int=_long_int)
_encode = json.JSONEncoder(ensure_ascii=False).encode
_encode_ascii = json.JSONEncoder().encode


def _decode(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except ValueError as error:
        # Not JSON's own complaint (a subclass), but Python's about an integer that is too long.
        if type(error) is not ValueError:
            raise
    return _LONG_DECODER.decode(text)


def read_object(line: bytes | str) -> dict[str, Any]:
    """The JSON object on a line. Raises LineError for anything else."""
    try:
        text = line if isinstance(line, str) else line.decode()
        value = _decode(text)
    except UnicodeDecodeError as error:
        raise LineError(f"the line is not a JSON object: not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise LineError(f"the line is not a JSON object: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise LineError("the line is not a JSON object: it is nested too deep") from None
    except LineError as error:
        raise LineError(f"the line is not a JSON object: {error}") from None
    if type(value) is not dict:
        raise LineError('the line is not a JSON object: write {"id": …, …} on one line')
    return value


def id_text(value: Any) -> str:
    """The JSON of an `id`, whatever it is, as exactly as it came; plain ASCII, so lone surrogates survive."""
    if type(value) is int:
        return str(value)
    if isinstance(value, JsonNumber):
        return value.text
    if isinstance(value, list):
        return "[" + ", ".join(map(id_text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_encode_ascii(key)}: {id_text(item)}" for key, item in value.items()) + "}"
    return _encode_ascii(value)


def error_line(identity: str, keys: Iterable[str], message: str) -> bytes:
    """An answer that is an error: `null` everywhere else but `id`."""
    body = {**dict.fromkeys(keys), "error": message[:MESSAGE_LENGTH]}
    text = f'{{"id": {identity}, {_encode(body)[1:]}\n'
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate quoted from the line
        return f'{{"id": {identity}, {_encode_ascii(body)[1:]}\n'.encode()


def answer_line(line: bytes | str, answer: Answer, keys: tuple[str, ...]) -> tuple[bytes, bool]:
    """One line out for one line in, and whether it is an error. Never raises for what stands on the line."""
    identity = "null"
    try:
        facts = read_object(line)
        try:
            identity = id_text(facts.get("id"))
        except RecursionError:
            raise LineError("the id is nested too deep") from None
        body = answer(facts)
    except ValueError as error:
        return error_line(identity, keys, str(error)), True
    return f'{{"id": {identity}, {_encode(body)[1:]}\n'.encode(), False


def answer_lines(
    lines: Iterable[bytes | str], answer: Answer, keys: tuple[str, ...], write: Callable[[bytes], object]
) -> int:
    """Answer each line in order, written in blocks; returns how many are errors."""
    errors = 0
    block: list[bytes] = []
    size = 0
    for line in _without_bom(lines):
        out, is_error = answer_line(line, answer, keys)
        errors += is_error
        block.append(out)
        size += len(out)
        if size >= BLOCK_BYTES:
            write(b"".join(block))
            block.clear()
            size = 0
    if block:
        write(b"".join(block))
    return errors


def _without_bom(lines: Iterable[bytes | str]) -> Iterator[bytes | str]:
    """Drop the mark that some editors put before the first line; it is no part of the JSON."""
    first = True
    for line in lines:
        if first:
            first = False
            yield line.removeprefix(BOM) if isinstance(line, bytes) else line.removeprefix("\ufeff")
        else:
            yield line
