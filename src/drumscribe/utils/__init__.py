"""What has nothing to do with drums: errors, files, progress."""
