"""How long a failed login takes for a name that has an account against one that has none (F-W8).

    python -m benchmarks.bench_login

On a throw-away PostgreSQL, with the hash of passwords as the product has it. The kinds take turns, each the
same number of times; the ratio is that of the medians of this process's CPU.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time

from benchmarks.copies import create, set_up
from scripts.servers import throwaway_postgres

ALLOWED, ROUNDS = 1.1, 25


def main() -> None:
    with throwaway_postgres() as url, tempfile.TemporaryDirectory() as folder:
        set_up(url, folder)
        create("logins")
        taken = measure(accounts())
        of_nobody = statistics.median(taken["no account"])
        print(f"a failed login for a name that has no account: {of_nobody:.0f} ms of CPU")
        ratios = {kind: statistics.median(times) / of_nobody for kind, times in taken.items()}
        for kind, ratio in ratios.items():
            print(f"{kind:16} {ratio:.3f}")
        sys.exit(0 if all(1 / ALLOWED < ratio < ALLOWED for ratio in ratios.values()) else 1)


def accounts() -> list[str]:
    """Put one of each kind on record; gives their names."""
    from attestation.models import Role, User

    kinds = {
        "an account": {"role": Role.CHAIR},
        "switched off": {"role": Role.CHAIR, "is_active": False},
        "no role": {"role": ""},
        "no password yet": {"role": Role.CHAIR},
    }
    for kind, fields in kinds.items():
        user = User(username=kind, **fields)
        if kind == "no password yet":
            user.set_unusable_password()
        else:
            user.set_password("жаздың-күні-27")
        user.save()
    return ["no account", *kinds]


def measure(names: list[str]) -> dict[str, list[float]]:
    """The milliseconds of each failed login, by name; the first of each is for nothing."""
    from django.test import Client

    from attestation.models import LoginTries

    client, taken = Client(), dict[str, list[float]]()
    for _round in range(ROUNDS + 1):
        LoginTries.objects.all().delete()
        for name in names:
            client.cookies.clear()
            begun = time.process_time()
            client.post("/admin/login/", {"username": name, "password": "wrong"}, HTTP_HOST="localhost")
            taken.setdefault(name, []).append(1000 * (time.process_time() - begun))
    return {name: times[1:] for name, times in taken.items()}


if __name__ == "__main__":
    main()
