"""From recordings and MIDI on disk to features, targets and training windows."""
