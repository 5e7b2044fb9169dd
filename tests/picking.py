"""All hits of activations that are there as a whole."""

from drumscribe.inference.peak_picking import EventPicker
from drumscribe.inference.picker_settings import PickerSettings


def pick_events(activations, kit, config, thresholds, calibration=None):
    picker = EventPicker(PickerSettings(kit, config, thresholds, calibration or {}))
    picker.push(activations)
    return picker.finish()
