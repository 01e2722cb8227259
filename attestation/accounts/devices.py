"""Where a request comes from: its address, its browser, and whether the account is known there."""

from __future__ import annotations

import ipaddress
import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from attestation.models import User

SALT = "attestation.accounts.devices"
KNOWN_FOR = timedelta(days=180)
# In this order: each names those after it as well.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("YaBrowser", "Yandex"),
    *((name, name) for name in ("Firefox", "Chrome", "Safari")),
)


def address_of(request: HttpRequest) -> str:
    """Whose address the outermost of our own proxies saw; what a browser adds to the header is nothing.

    An empty text where there is none; of IPv6 the network of one subscriber (/64).
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(seen) >= settings.TRUSTED_PROXIES:
            address = seen[-settings.TRUSTED_PROXIES]
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if known.version == 6:
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def browser_of(request: HttpRequest) -> str:
    """The family of the browser; empty where it is none that is known."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    return next((name for sign, name in BROWSERS if sign in agent), "")


def device_of(request: HttpRequest, user: User) -> str:
    """The device's number where the account is known there and nothing has made that void; else none."""
    try:
        told = signing.loads(request.COOKIES.get(cookie_of(user), ""), salt=SALT, max_age=KNOWN_FOR)
    except signing.BadSignature:
        return ""
    return str(told["device"]) if constant_time_compare(told["fits"], _fits(user)) else ""


def keep_device(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser of somebody who is logged in be known from now on."""
    user = request.user
    if not isinstance(user, User) or device_of(request, user):
        return
    response.set_cookie(
        cookie_of(user),
        signing.dumps({"device": secrets.token_hex(8), "fits": _fits(user)}, salt=SALT),
        max_age=KNOWN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def cookie_of(user: User) -> str:
    """Several people share one computer: a cookie for each."""
    return f"{'__Host-' if settings.SESSION_COOKIE_SECURE else ''}device-{user.pk}"


def _fits(user: User) -> str:
    """Another after a new password and after "end all": the device is strange again."""
    return salted_hmac(
        SALT, f"{user.pk}:{user.password}:{user.session_epoch}", algorithm="sha256"
    ).hexdigest()
