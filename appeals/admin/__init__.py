"""Appeals in the admin: filed on the case's page, ruled on question by question (¶21)."""

from appeals.admin import commissions, faulty, filing, records  # noqa: F401  the imports register the pages
