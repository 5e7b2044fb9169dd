"""Fitting a network to the feature store."""
