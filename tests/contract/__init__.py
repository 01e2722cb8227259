"""formats.md from the outside: files, commands, JSON and exit statuses alone, as strangers use them."""
