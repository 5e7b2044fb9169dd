"""Scoring transcriptions against references."""
