#!/usr/bin/env python3
"""The command line of the back office: `manage.py help` lists what there is."""

import os
import sys


def main() -> None:
    """Run one command; a missing environment is said plainly instead of as a traceback."""
    os.umask(0o077)  # what a command writes is about people
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        sys.exit(f"Django cannot be imported ({error}). Run `make venv`, then use .venv/bin/python.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
