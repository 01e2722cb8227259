"""What becomes of a case, from the list to what its decision brings."""
