"""The kinds of files of this floor, declared: columns, headers in three languages, row rules."""
