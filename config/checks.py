"""Start-up refusals: what a server must never be started with, each with the setting to change."""

import shlex
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http.request import split_domain_port, validate_host
from django.utils.module_loading import import_string

from attestation.law.calendar import ALMATY, zone_offset
from office.health.risks import RISKS
from office.simulate.command import ZONE

KEY_LENGTH = 50
TOKEN_LENGTH = 20
DEPLOYMENTS = ("embedded", "production")
PLACEHOLDERS = ("insecure", "change", "secret", "example", "placeholder", "replace", "random", "password")
ENCRYPTED = ("require", "verify-ca", "verify-full")
CONNECT_WITHIN_S = 3


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


class Rule(NamedTuple):
    """What production is not started with; `risk` is its name in ACCEPTED_RISKS, where it may be accepted."""

    code: str
    broken: bool
    message: str
    risk: str = ""

    def found(self) -> CheckMessage:
        """A warning where the risk is accepted, else a refusal that says how to accept it."""
        if self.risk in settings.ACCEPTED_RISKS:
            return Warning(f"Accepted as {self.risk}: {self.message}", id=f"config.W{self.code}")
        accept = f" Or accept it: ACCEPTED_RISKS={self.risk}." if self.risk else ""
        return Error(self.message + accept, id=f"config.E{self.code}")


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
    rules = [*mode_rules(), *site_rules(), *server_rules(), *postgres_rules(), *mail_rules(), *folder_rules()]
    return [rule.found() for rule in rules if rule.broken]


@register(Tags.database)
def database_role_is_safe(
    app_configs: Any, databases: Sequence[str] | None = ("default",), **_: Any
) -> list[CheckMessage]:
    """Ask PostgreSQL who we are; `migrate`, `check --database default` and every start do."""
    if settings.DEPLOYMENT != "production" or not databases or connection.vendor != "postgresql":
        return []
    message = (
        "DATABASE_URL logs in as a superuser of PostgreSQL, whom no trigger and no right stops; "
        "name a role that owns this database alone."
    )
    rule = Rule("045", is_superuser(), message, "postgres_superuser")
    return [rule.found()] if rule.broken else []


def mode_rules() -> list[Rule]:
    """What is for demonstrations, tests and debugging."""
    unknown = ", ".join(sorted({*settings.ACCEPTED_RISKS} - {*RISKS}))
    return [
        Rule("010", settings.DEBUG, "DEBUG is on; unset it: error pages would show people's data."),
        Rule(
            "016", settings.ALLOW_TIME_TRAVEL, "ALLOW_TIME_TRAVEL is on; unset it: deadlines could be bent."
        ),
        Rule(
            "031",
            bool(settings.SIMULATED_CLOCK),
            "SIMULATED_CLOCK is set; unset it: deadlines could be bent.",
        ),
        Rule("017", settings.DEMO, "DEMO is on; unset it: the demo passwords are public."),
        Rule(
            "033",
            settings.LOG_LEVEL in ("DEBUG", "NOTSET"),
            "LOG_LEVEL is DEBUG; set INFO: the log would hold people's data.",
        ),
        Rule(
            "034",
            bool(unknown),
            f"ACCEPTED_RISKS names {unknown}; there is {', '.join(RISKS)}.",
        ),
    ]


def site_rules() -> list[Rule]:
    """Keys and addresses of the pages."""
    hosts, address = settings.ALLOWED_HOSTS, urlsplit(settings.BASE_URL)
    return [
        Rule(
            "011",
            is_guessable(settings.SECRET_KEY),
            f"SECRET_KEY is missing, short or guessable; set at least {KEY_LENGTH} random characters.",
        ),
        Rule("012", not hosts, "ALLOWED_HOSTS is empty; name the hosts, separated by commas."),
        Rule(
            "013",
            any(host == "*" or host.startswith(".") for host in hosts),
            "ALLOWED_HOSTS has a wildcard; name each host.",
        ),
        Rule(
            "035",
            any(is_loopback(host) for host in hosts),
            "ALLOWED_HOSTS names this machine itself (localhost); name the host that people use.",
        ),
        Rule(
            "018",
            address.scheme != "https",
            "BASE_URL must be the https:// address that people use; letters link to it.",
        ),
        Rule(
            "036",
            bool(hosts) and not validate_host(split_domain_port(address.netloc)[0], hosts),
            "BASE_URL is on a host that is not among ALLOWED_HOSTS; name it there, or links lead nowhere.",
        ),
        Rule(
            "037",
            any(
                "*" in origin or not origin.startswith("https://") for origin in settings.CSRF_TRUSTED_ORIGINS
            ),
            "CSRF_TRUSTED_ORIGINS has a wildcard or an origin without https://; name each as https://host.",
        ),
        Rule(
            "032",
            settings.SECOND_FACTOR != "required",
            "SECOND_FACTOR is not required; unset it: a password alone would open the commission's vote.",
        ),
    ]


def server_rules() -> list[Rule]:
    """Redis."""
    redis = urlsplit(settings.REDIS_URL)
    return [
        Rule("015", not settings.REDIS_URL, "REDIS_URL is missing; nothing would sweep or send notices."),
        Rule(
            "038",
            redis.scheme not in ("", "redis", "rediss"),
            "REDIS_URL names no Redis; set redis://:password@host:6379/0: nothing would reach a worker.",
        ),
        Rule(
            "039",
            redis.scheme in ("redis", "rediss") and not redis.password,
            "REDIS_URL has no password; set redis://:password@host:6379/0: "
            "anybody on its network could queue tasks.",
            "redis_without_password",
        ),
    ]


def postgres_rules() -> list[Rule]:
    """How the database is reached: a socket of this machine needs neither password nor encryption."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        message = "DATABASE_URL is missing or names SQLite; production needs PostgreSQL."
        return [Rule("014", broken=True, message=message)]
    options = database.get("OPTIONS", {})
    host = database.get("HOST") or options.get("host") or "/"
    return [
        Rule(
            "040",
            not host.startswith("/") and not database.get("PASSWORD"),
            "DATABASE_URL has no password; set postgres://user:password@host/name, or use a socket.",
            "postgres_without_password",
        ),
        Rule(
            "041",
            not host.startswith("/") and not is_loopback(host) and options.get("sslmode") not in ENCRYPTED,
            "DATABASE_URL crosses the network unencrypted, or may; end it with ?sslmode=verify-full "
            "(or require).",
            "postgres_unencrypted",
        ),
    ]


def mail_rules() -> list[Rule]:
    """Letters leave, and their password is not read on the way."""
    nowhere = not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend") or not settings.EMAIL_HOST
    encrypted = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    return [
        Rule(
            "042",
            nowhere,
            "EMAIL_URL is missing or names no mail server; set smtp+tls://user:password@host:587: "
            "notices would reach nobody.",
            "mail_nowhere",
        ),
        Rule(
            "043",
            bool(not nowhere and settings.EMAIL_HOST_PASSWORD and not encrypted),
            "EMAIL_URL sends its password unencrypted; begin it with smtp+tls:// or smtp+ssl://.",
            "mail_unencrypted",
        ),
        Rule(
            "044",
            settings.EMAIL_TIMEOUT <= 0,
            "EMAIL_TIMEOUT is 0 or less; set seconds: no letter would leave.",
        ),
    ]


def folder_rules() -> list[Rule]:
    """The files that people attach."""
    folder = settings.DATA_DIR
    return [
        Rule(
            "046",
            folder.exists() and bool(folder.stat().st_mode & 0o077),
            "DATA_DIR is open to other accounts of this machine; "
            f"`chmod 700 {shlex.quote(str(folder))}` closes it.",
            "data_dir_open",
        ),
        Rule(
            "047",
            bool(settings.ATTACHMENT_SCANNER) and not is_function(settings.ATTACHMENT_SCANNER),
            "ATTACHMENT_SCANNER names no function that can be imported; correct it or unset it: "
            "no file could be attached.",
        ),
    ]


def is_guessable(key: str) -> bool:
    """Too short, of a few characters, one piece again and again, or a text that asks to be replaced."""
    periods = range(1, len(key) // 2 + 1)
    return (
        len(key) < KEY_LENGTH
        or len(set(key)) < 10
        or any(key[n:] == key[:-n] for n in periods)
        or any(word in key.lower() for word in PLACEHOLDERS)
    )


def is_loopback(host: str) -> bool:
    """Whether the name or address means the machine itself."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:  # a name
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def is_function(place: str) -> bool:
    """Whether a dotted path leads to something that can be called."""
    try:
        return callable(import_string(place))
    except ImportError:
        return False


def is_superuser() -> bool:
    """Of our role in PostgreSQL; False where the server does not answer, for which no start is refused."""
    import psycopg  # here and not above: the embedded mode does without

    # A connection of its own: a worker's children must not inherit one, and no start waits for minutes.
    params = connection.get_connection_params() | {"connect_timeout": CONNECT_WITHIN_S}
    try:
        with psycopg.connect(**params) as there:
            row = there.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user").fetchone()
    except psycopg.OperationalError:
        return False
    return bool(row and row[0])


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured with every refusal; the web server and the worker call it at their start."""
    checks = (
        time_zone_is_the_orders,
        deployment_is_known,
        clock_is_real,
        watchers_are_set_up,
        production_is_safe,
        database_role_is_safe,
    )
    errors: Sequence[CheckMessage] = [m for check in checks for m in check(None) if m.is_serious()]
    if errors:
        raise ImproperlyConfigured(
            "Not started: " + " ".join(f"[{error.id}] {error.msg}" for error in errors)
        )
