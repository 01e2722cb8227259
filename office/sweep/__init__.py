"""What runs by itself, and how often."""

SWEEP_EVERY_S = 300
DELIVER_EVERY_S = 60
IMPORTS_EVERY_S = 30
REPLAY_LOOK_EVERY_S = 3600  # the task itself runs once the last replay is over 20 hours old
