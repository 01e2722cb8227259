"""What importing a staff file costs against stock django-import-export and against the floor, on PostgreSQL.

    python -m benchmarks.bench_import [10000] [100000] [--no-stock]

Three files for each size: all new, all the same, 5 % changed; with 30 % categories, 5 % rows with errors
(left out) and Kazakh letters. *Ours* is the preview and the confirm; *stock* a ModelResource without the
category columns, read twice as its admin does: dry run, then import (10,000 rows alone); the *floor*
calamine, COPY and one upsert into the real table of employees with its indexes, and no checks. Each works on
a copy of the same database. CPU seconds of this process, its children and the database's process for it; peak
memory of ours is taken in a process of its own.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.copies import set_up
from scripts.servers import throwaway_postgres

SIZES = (10_000, 100_000)
STOCK_SIZE = 10_000
# (file, against): at most so many times the floor; at least so many times as fast as stock.
FLOOR_ALLOWED = {"new": 8, "same": 4, "changed": 4}
STOCK_WANTED = {"new": 30, "changed": 50}
PEAK_ALLOWED_MB = 400
UNDO_ALLOWED = 2
CAREER_CENTERS = 20
NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
SURNAMES = ("Әлімханов", "Қожахметов", "Іңкәров", "Өмірзақов", "Ұзақбаев", "Һәкімов", "Ғабитов", "Семёнов")
NAMES = ("Нұрлан", "Әйгерім", "Іңкәр", "Үміт", "Қайрат", "Анна", "Ерлан", "Гүлнәр")
COLUMNS = (
    *("iin", "last_name", "first_name", "patronymic", "center_bin", "unit", "language", "position"),
    *("hired_on", "email", "category", "category_from"),
)
STOCK_COLUMNS = COLUMNS[:10]


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or list(SIZES)
    if "--peak" in sys.argv:
        peak(Path(sys.argv[-1]))
        return
    with server() as folder:
        kept = [measure(folder, size, stock="--no-stock" not in sys.argv) for size in sizes]
    sys.exit(0 if all(kept) else 1)


@contextmanager
def server() -> Iterator[Path]:
    """A throw-away PostgreSQL, and a folder for the files."""
    with throwaway_postgres() as url, tempfile.TemporaryDirectory() as folder:
        set_up(url, folder)
        from django.core.management import call_command

        copy_of("postgres", "base", new=True)
        call_command("migrate", verbosity=0)
        centers()
        yield Path(folder)


def go_to(name: str) -> None:
    """Speak to another database of the server from now on."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name


def copy_of(source: str, name: str, *, new: bool = False) -> None:
    """A database like another, and go over to it."""
    from django.db import connection

    go_to("postgres")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}" if new else f"CREATE DATABASE {name} TEMPLATE {source}")
    go_to(name)


def centers() -> None:
    from attestation.models import Center, Region

    region = Region.objects.order_by("pk")[0]
    above = Center.objects.create(
        bin=number("240940724", 0), kind="labour_mobility", name_kk="ЕМО", name_ru="ЦТМ", region=region
    )
    for place in range(CAREER_CENTERS):
        Center.objects.create(
            bin=number("241140", place),
            kind="career",
            parent=above,
            name_kk=f"МО {place}",
            name_ru=f"КЦ {place}",
            region=region,
        )


# --- files --------------------------------------------------------------------------------------------------


def number(start: str, serial: int) -> str:
    """The valid IIN or BIN that begins so; a serial whose check digit does not exist takes the next."""
    from attestation.identifiers import check_digit

    first = f"{start}{serial:0{11 - len(start)}d}"
    last = check_digit(first)
    return number(start, serial + 1) if last is None else f"{first}{last}"


def iins(count: int) -> list[str]:
    """Different valid IINs of people born from 1970 on."""
    from attestation.identifiers import check_digit

    found: list[str] = []
    serial = 0
    while len(found) < count:
        born = date(1970, 1, 1) + timedelta(days=serial % 10_000)
        first = f"{born:%y%m%d}3{serial // 10_000:04d}"
        last = check_digit(first)
        serial += 1
        if last is not None:
            found.append(f"{first}{last}")
    return found


def staff_file(size: int, *, changed: bool = False) -> bytes:
    """A staff file by openpyxl; every twentieth row has an error; `changed`: another unit."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(COLUMNS)
    bins = [number("241140", place) for place in range(CAREER_CENTERS)]
    for place, iin in enumerate(iins(size)):
        with_category = place % 10 < 3
        sheet.append(
            [
                f"{iin[:-1]}{(int(iin[-1]) + 1) % 10}" if place % 20 == 7 else iin,
                SURNAMES[place % 8],
                NAMES[place // 8 % 8],
                "Серікқызы" if place % 3 else None,
                bins[place % CAREER_CENTERS],
                f"Бөлім {place % 40}{' (жаңа)' if changed and place % 20 == 3 else ''}",
                "kk" if place % 4 else "ru",
                "career_specialist" if with_category or place % 2 else "assistant",
                date(2015, 1, 1) + timedelta(days=place % 3000),
                f"p{place}@example.kz",
                ("consultant", "case_manager", "mentor")[place % 3] if with_category else None,
                date(2024, 1, 1) + timedelta(days=place % 700) if with_category else None,
            ]
        )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# --- the three ways -----------------------------------------------------------------------------------------


def ours(data: bytes) -> dict[str, int]:
    from attestation.by import By
    from attestation.intake import engine

    job = engine.preview("staff", data, "staff.xlsx", by=By(None, NOW))
    job = engine.confirm(job, by=By(None, NOW), skip_errors=True)
    return {"new": job.rows_new, "changed": job.rows_changed, "same": job.rows_same, "errors": job.rows_error}


def stock(data: bytes) -> dict[str, int]:
    """As its admin does: the file is read and imported in a dry run, then read and imported again."""
    import tablib
    from import_export.fields import Field
    from import_export.resources import ModelResource
    from import_export.widgets import ForeignKeyWidget

    from attestation.models import Center, Employee

    class StaffResource(ModelResource):
        center_bin = Field("center", "center_bin", ForeignKeyWidget(Center, "bin"))

        class Meta:
            model = Employee
            import_id_fields = ("iin",)
            fields = STOCK_COLUMNS
            skip_unchanged = True

    def as_stored(cell: object) -> object:
        if isinstance(cell, datetime):
            return cell.date()
        return "" if cell is None else cell

    def blank(dataset: tablib.Dataset) -> tablib.Dataset:
        """Cells as the model has them: a moment is not its day, and all rows would differ."""
        rows = ([as_stored(cell) for cell in row[: len(STOCK_COLUMNS)]] for row in dataset)
        return tablib.Dataset(*rows, headers=STOCK_COLUMNS)

    totals: dict[str, int] = {}
    for dry_run in (True, False):
        dataset = blank(tablib.Dataset().load(data, format="xlsx"))
        result = StaffResource().import_data(dataset, dry_run=dry_run, raise_errors=True)
        totals = dict(result.totals)
    return {
        "new": totals["new"],
        "changed": totals["update"],
        "same": totals["skip"],
        "errors": totals["error"],
    }


def floor(data: bytes) -> dict[str, int]:
    """Read, COPY, upsert; no checks, no preview."""
    import python_calamine
    from django.db import connection, transaction

    rows = python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python()[1:]
    names = ", ".join(STOCK_COLUMNS)
    kept = [name for name in STOCK_COLUMNS if name not in ("iin", "center_bin")]
    given = ", ".join(f"f.{name}{'::date' if name == 'hired_on' else ''}" for name in kept)
    updates = ", ".join(f"{name} = excluded.{name}" for name in (*kept, "center_id"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE floor ({names.replace(',', ' text,')} text) ON COMMIT DROP")
        with cursor.cursor.copy(f"COPY floor ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row[: len(STOCK_COLUMNS)])
        cursor.execute(
            "INSERT INTO attestation_employee AS e"
            f" (iin, {', '.join(kept)}, center_id, version, sort_key, search_key)"
            f" SELECT f.iin, {given},"
            " c.id, 1, lower(f.last_name || f.first_name), lower(f.last_name || f.first_name)"
            " FROM floor f JOIN attestation_center c ON c.bin = f.center_bin"
            f" ON CONFLICT (iin) WHERE voided_at IS NULL DO UPDATE SET {updates}, version = e.version + 1"
        )
        return {"new": cursor.rowcount}


# --- measuring ----------------------------------------------------------------------------------------------


def database_cpu() -> float:
    """CPU seconds so far of the database's process that serves us."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def our_cpu() -> float:
    """CPU seconds so far of this process and of its children that ended."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


def undoing(data: bytes) -> float:
    """How many times the CPU of its confirm the undoing of a file takes."""
    from attestation.by import By
    from attestation.intake import engine, undo

    copy_of("base", "work")
    by = By(None, NOW)
    job = engine.preview("staff", data, "staff.xlsx", by=by)
    spent = []
    for act in (
        lambda: engine.confirm(job, by=by, skip_errors=True),
        lambda: undo.undo(job, by=by, reason="The wrong month."),
    ):
        before = our_cpu() + database_cpu()
        act()
        spent.append(our_cpu() + database_cpu() - before)
    assert not undo.left_rows(undo.undo(job, by=by))
    print(f"    confirm {spent[0]:.2f} s, undo {spent[1]:.2f} s", flush=True)
    return spent[1] / spent[0]


def cost(way: Callable[[bytes], dict[str, int]], data: bytes, database: str) -> float:
    """CPU seconds of one import into a copy of the database."""
    copy_of(database, "work")
    before = our_cpu(), database_cpu()
    counts = way(data)
    mine, its = our_cpu() - before[0], database_cpu() - before[1]
    print(
        f"    {way.__name__:6} {mine + its:7.2f} s (ours {mine:.2f}, database {its:.2f})  {counts}",
        flush=True,
    )
    return mine + its


def measure(folder: Path, size: int, *, stock: bool) -> bool:
    """The three files of one size in each way; True where every ratio is as it must be."""
    good = True
    files = {"new": staff_file(size), "changed": staff_file(size, changed=True)}
    files["same"] = files["new"]
    copy_of("base", "people")
    warm_up()
    ours(files["new"])
    ways: list[Callable[[bytes], dict[str, int]]] = [floor, ours]
    for what in ("new", "changed", "same"):
        print(f"  {size} rows, {what}", flush=True)
        database = "base" if what == "new" else "people"
        spent = {way.__name__: cost(way, files[what], database) for way in ways}
        ratio = spent["ours"] / spent["floor"]
        good &= say(f"{size} rows, {what}: {ratio:.1f} × the floor", ratio <= FLOOR_ALLOWED[what])
        if stock and size == STOCK_SIZE and what in STOCK_WANTED:
            times = cost(globals()["stock"], files[what], database) / spent["ours"]
            good &= say(f"{size} rows, {what}: {times:.0f} × as fast as stock", times >= STOCK_WANTED[what])
    ratio = undoing(files["new"])
    good &= say(f"{size} rows, undone: {ratio:.1f} × the confirm", ratio <= UNDO_ALLOWED)
    source = folder / "new.xlsx"
    source.write_bytes(files["new"])
    copy_of("base", "work")
    answer = subprocess.run(  # ourselves
        [sys.executable, "-m", "benchmarks.bench_import", "--peak", str(source)],
        capture_output=True,
        check=True,
        env={**os.environ, "DATABASE_URL": os.environ["DATABASE_URL"].replace("/postgres", "/work")},
    )
    found = json.loads(answer.stdout)
    total = found["ours"] + found["child"]
    print(f"  peak memory: {found}")
    return say(f"{size} rows, new: peak {total} MB with the child", total <= PEAK_ALLOWED_MB) and good


def warm_up() -> None:
    """Imports and caches that the first import of a process pays once."""
    ours(staff_file(200))
    copy_of("base", "people")


def say(sentence: str, kept: bool) -> bool:
    print(f"{sentence}{'' if kept else '   NOT AS IT MUST BE'}", flush=True)
    return kept


def peak(source: Path) -> None:
    """Import one file in this process and print its peak memory and the child's, in MB."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    highest = {"child": 0}
    done = threading.Event()
    watch = threading.Thread(target=watch_children, args=(highest, done))
    watch.start()
    ours(source.read_bytes())
    done.set()
    watch.join()
    print(json.dumps({"ours": high_water("self"), **highest}))


def watch_children(highest: dict[str, int], done: threading.Event) -> None:
    """Ask for the children's peaks, again and again: what `getrusage` says has the parent's in it."""
    while not done.wait(0.01):
        for number in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            with suppress(OSError):
                highest["child"] = max(highest["child"], high_water(number))


def high_water(pid: str) -> int:
    """The peak of a process's memory in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


if __name__ == "__main__":
    main()
