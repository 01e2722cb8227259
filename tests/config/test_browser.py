"""The pages in a real Chromium: the policy on scripts must not break them."""

from typing import Any

import pytest
from django.test import Client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_login_page_works_under_the_content_security_policy(page: Any) -> None:
    """`page` fails on any script error and on any refusal by the policy."""
    page.goto("/admin/login/")
    page.fill("input[name=username]", "nobody")
    page.fill("input[name=password]", "wrong")
    page.click("button[type=submit], input[type=submit]")
    page.wait_for_load_state()
    assert page.locator("input[name=username]").is_visible()


def test_the_defaults_are_back_after_a_test_with_real_commits(client: Client) -> None:
    from attestation.models import Region, RuleSet

    assert (Region.objects.count(), RuleSet.objects.count()) == (20, 1)
