"""Spreadsheets spoiled at random, by seed: in their bytes, their packing, their XML, their encoding."""

from __future__ import annotations

import io
import random
import re
import zipfile
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
BASES = sorted(
    path
    for path in (*DATA.glob("staff-*"), *DATA.glob("cases/*"), *DATA.glob("bad/*"))
    if path.suffix in (".xlsx", ".ods", ".csv", ".xls")
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "kz1048", "cp866", "latin-1")
TOKEN = re.compile(rb"<[^<>]*>|[^<>]+")
WORDS = (
    *(
        b"",
        b"0",
        b"-1",
        b"1e309",
        b"99999999999999999999",
        b"A1048576",
        b"XFD1",
        b"A0",
        b"ZZZZ9",
        b"&#0;",
        b"&#x10FFFF;",
    ),
    *(
        b'r="1048576"',
        b't="s"',
        b't="e"',
        b's="65535"',
        b"<f>A1</f>",
        b"<v>1E+12</v>",
        b"</c>",
        b"</row>",
        b"<row>",
    ),
    *(
        b"\xff\xfe",
        b"\x00",
        b'<!DOCTYPE a [<!ENTITY b "c">]>',
        b'date1904="1"',
        b"xml:space='preserve'",
        b"_x0000_",
    ),
)


def spoiled(seed: int) -> tuple[str, bytes]:
    """The name and the bytes of one spoiled file; the same seed gives the same."""
    rng = random.Random(seed)  # no secret
    base = rng.choice(BASES)
    data = base.read_bytes()
    for _turn in range(rng.choice((1, 1, 1, 2, 5))):
        data = rng.choice(WAYS)(rng, data)
    suffix = base.suffix if rng.random() < 0.9 else rng.choice((".xlsx", ".ods", ".csv", ".xls"))
    return f"spoiled-{seed}{suffix}", data


def bytes_changed(rng: random.Random, data: bytes) -> bytes:
    """Some bytes are others."""
    spoiled = bytearray(data)
    for _each in range(rng.randint(1, 1 + len(data) // 500)):
        spoiled[rng.randrange(len(spoiled))] = rng.randrange(256)
    return bytes(spoiled)


def a_piece_moved(rng: random.Random, data: bytes) -> bytes:
    """The end, or a piece, is missing, stands twice or elsewhere."""
    first, last = sorted(rng.randrange(len(data) + 1) for _each in range(2))
    piece = data[first:last][:20_000]
    return (
        rng.choice(
            (
                data[:last],
                data[:first] + data[last:],
                data[:last] + piece + data[last:],
                data[last:] + data[:last],
            )
        )
        or data
    )


def a_word_put_in(rng: random.Random, data: bytes) -> bytes:
    """A word that means something to a parser stands somewhere in the bytes."""
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.choice(WORDS) + data[place:]


def encoded_anew(rng: random.Random, data: bytes) -> bytes:
    """A text is read in one encoding and written in another; a workbook stays."""
    if data.startswith((b"PK", b"\xd0\xcf")):
        return data
    text = data.decode(rng.choice(ENCODINGS), "replace")
    text = rng.choice(
        (text, text.replace("\n", "\r"), text.replace(",", ";"), text.replace('"', ""), f"{text}\0")
    )
    return text.encode(rng.choice(ENCODINGS), "replace")


def part_changed(rng: random.Random, data: bytes) -> bytes:
    """One part of a workbook has another text, is missing, or stands under another name; a text stays."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            parts = {name: pack.read(name) for name in pack.namelist()}
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        NotImplementedError,
        EOFError,
        RuntimeError,
        KeyError,
        zipfile.zlib.error,
    ):
        return data
    if not parts:
        return data
    sheets = [name for name in parts if "sheet" in name or name == "content.xml"]
    name = rng.choice(sheets or list(parts)) if rng.random() < 0.7 else rng.choice(list(parts))
    how = rng.random()
    if how < 0.85:
        parts[name] = xml_changed(rng, parts[name])
    elif how < 0.93:
        del parts[name]
    else:
        parts[f"xl/{rng.randrange(9)}.xml"] = parts.pop(name)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as pack:
        for each, content in parts.items():
            pack.writestr(each, content)
    return out.getvalue()


def xml_changed(rng: random.Random, xml: bytes) -> bytes:
    """Tags and texts of a part are missing, doubled, changed for each other or for words."""
    tokens = TOKEN.findall(xml)
    if not tokens:
        return xml
    for _each in range(rng.randint(1, 4)):
        place = rng.randrange(len(tokens))
        how = rng.random()
        if how < 0.25:
            tokens[place] = b""
        elif how < 0.4:
            tokens[place] *= rng.choice((2, 50, 3000))
        elif how < 0.6:
            tokens[place] = rng.choice(tokens)
        elif how < 0.85:
            tokens[place] = re.sub(
                rb'"[^"]*"', b'"' + rng.choice(WORDS).replace(b'"', b"") + b'"', tokens[place], count=1
            )
        else:
            tokens[place] = rng.choice(WORDS)
    return b"".join(tokens)


WAYS = (bytes_changed, a_piece_moved, a_word_put_in, encoded_anew, part_changed, part_changed, part_changed)
