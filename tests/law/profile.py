"""How the properties of the law are searched: the same examples each time, no database of past failures."""

from hypothesis import HealthCheck, settings

law_settings = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
