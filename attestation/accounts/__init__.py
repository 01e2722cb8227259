"""Accounts: who gets in, by what, and what needs a second administrator. Ours, not the order's."""
