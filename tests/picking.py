"""All hits of activations that are there as a whole."""

from drumscribe.inference.peak_picking import EventPicker


def pick_events(activations, kit, config, thresholds, calibration=None):
    picker = EventPicker(kit, config, thresholds, calibration or {})
    picker.push(activations)
    return picker.finish()
