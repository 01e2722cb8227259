"""Every service once, and a second time: what it leaves, and that the second call changes nothing."""
