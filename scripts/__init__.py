"""What `make` calls: the environment, the servers, the tests. Standard library only up to the point where .venv stands."""
