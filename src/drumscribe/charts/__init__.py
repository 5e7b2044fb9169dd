"""Writing drum events to the files people open."""
