"""How dates, times and numbers are written (русский)."""

from config.formats.shared import *  # noqa: F403  Django looks for the names in this module
