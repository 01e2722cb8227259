"""Start-up refusals: what a server must never be started with, each with the setting to change."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured

from attestation.law.calendar import ALMATY, zone_offset
from office.simulate.command import ZONE

KEY_LENGTH = 50
TOKEN_LENGTH = 20
DEPLOYMENTS = ("embedded", "production")


@register(ZONE)
def time_zone_is_the_orders(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Every deadline is a day's end in Almaty: a changed zone or old zone data moves them all by an hour."""
    found: list[CheckMessage] = []
    for name in ("TIME_ZONE", "CELERY_TIMEZONE"):
        if getattr(settings, name) != ALMATY.key:
            found.append(
                Error(
                    f"{name} is {getattr(settings, name)!r}; the order's days end in {ALMATY.key}.",
                    id="config.E001",
                )
            )
    if not settings.USE_TZ:
        found.append(Error("USE_TZ is off; moments would lose their offset.", id="config.E002"))
    if zone_offset() != timedelta(hours=5):
        found.append(
            Error(
                "The zone data here is older than 2024a: Asia/Almaty is not at +05:00 on 2024-04-01.",
                hint="Update the system's tzdata, or set PYTHONTZPATH= (empty) to use the tzdata package.",
                id="config.E003",
            )
        )
    return found


@register()
def deployment_is_known(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """A misspelt DEPLOYMENT must not fall back to the lenient mode."""
    if settings.DEPLOYMENT in DEPLOYMENTS:
        return []
    return [
        Error(
            f"DEPLOYMENT is {settings.DEPLOYMENT!r}; use one of {', '.join(DEPLOYMENTS)}.", id="config.E004"
        )
    ]


@register()
def clock_is_real(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """A simulated clock is for proofs alone, where time travel was allowed on purpose."""
    if not settings.SIMULATED_CLOCK or settings.ALLOW_TIME_TRAVEL:
        return []
    return [
        Error(
            "SIMULATED_CLOCK is set without ALLOW_TIME_TRAVEL; unset it: deadlines would follow a file.",
            id="config.E030",
        )
    ]


@register()
def watchers_are_set_up(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """A token that can be guessed, and an address to ping that is none, are worse than nothing."""
    found: list[CheckMessage] = []
    if 0 < len(settings.HEALTH_TOKEN) < TOKEN_LENGTH:
        short = f"HEALTH_TOKEN is short; set at least {TOKEN_LENGTH} random characters, or unset it."
        found.append(Error(short, id="config.E033"))
    address = urlsplit(settings.HEALTH_PING_URL)
    if settings.HEALTH_PING_URL and (address.scheme not in ("http", "https") or not address.hostname):
        found.append(Error("HEALTH_PING_URL is no http:// or https:// address.", id="config.E034"))
    return found


@register()
def production_is_safe(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Refuse in production what is harmless on one's own machine only."""
    if settings.DEPLOYMENT != "production":
        return []
    return [Error(message, id=code) for code, message in refusals()] + warnings()


def refusals() -> list[tuple[str, str]]:
    """The (id, sentence) of each setting that production is not started with."""
    redis = settings.REDIS_URL
    rules = [
        ("E010", settings.DEBUG, "DEBUG is on; unset it: error pages would show people's data."),
        (
            "E011",
            len(settings.SECRET_KEY) < KEY_LENGTH
            or len(set(settings.SECRET_KEY)) < 10
            or "insecure" in settings.SECRET_KEY,
            f"SECRET_KEY is missing, short or guessable; set at least {KEY_LENGTH} random characters.",
        ),
        ("E012", not settings.ALLOWED_HOSTS, "ALLOWED_HOSTS is empty; name the hosts, separated by commas."),
        (
            "E013",
            any(host == "*" or host.startswith(".") for host in settings.ALLOWED_HOSTS),
            "ALLOWED_HOSTS has a wildcard; name each host.",
        ),
        (
            "E014",
            settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"),
            "DATABASE_URL is missing or names SQLite; production needs PostgreSQL.",
        ),
        ("E015", not redis, "REDIS_URL is missing; nothing would sweep deadlines or send notices."),
        ("E016", settings.ALLOW_TIME_TRAVEL, "ALLOW_TIME_TRAVEL is on; unset it: deadlines could be bent."),
        (
            "E031",
            bool(settings.SIMULATED_CLOCK),
            "SIMULATED_CLOCK is set; unset it: deadlines could be bent.",
        ),
        (
            "E032",
            settings.SECOND_FACTOR != "required",
            "SECOND_FACTOR is not required; unset it: a password alone would open the commission's vote.",
        ),
        ("E017", settings.DEMO, "DEMO is on; unset it: the demo passwords are public."),
        (
            "E018",
            not settings.BASE_URL.startswith("https://"),
            "BASE_URL must be the https:// address that people use; letters link to it.",
        ),
    ]
    return [(f"config.{code}", message) for code, broken, message in rules if broken]


def warnings() -> list[CheckMessage]:
    """What production can live with for a day, but should not."""
    found: list[CheckMessage] = []
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        found.append(Warning("EMAIL_URL is not set; notices are printed and reach nobody.", id="config.W001"))
    if settings.REDIS_URL.startswith("redis") and not urlsplit(settings.REDIS_URL).password:
        found.append(
            Warning("REDIS_URL has no password; anybody on its network could queue tasks.", id="config.W002")
        )
    return found


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured with every refusal; the web server and the worker call it at their start."""
    checks = (
        time_zone_is_the_orders,
        deployment_is_known,
        clock_is_real,
        watchers_are_set_up,
        production_is_safe,
    )
    errors: Sequence[CheckMessage] = [m for check in checks for m in check(None) if m.is_serious()]
    if errors:
        raise ImproperlyConfigured(
            "Not started: " + " ".join(f"[{error.id}] {error.msg}" for error in errors)
        )
