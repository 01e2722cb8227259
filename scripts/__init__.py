"""What `make` calls: the environment, the servers, the tests."""
