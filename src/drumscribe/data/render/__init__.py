"""Training material: human MIDI played on sampled kits, with exact labels."""
