"""From log-mel frames to drum events."""
