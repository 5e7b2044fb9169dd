"""Automatic drum transcription: audio of drums in, playable drums out."""

__version__ = "0.0.1"
