"""Spreadsheets in: guarded reading, columns, values, preview, confirm. One path for pages and commands."""
