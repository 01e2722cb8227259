"""Use cases of the assessment (¶28-1, App. 1-2): each checks, changes and journals in one transaction."""
