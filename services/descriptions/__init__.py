"""Grounded AI text about music."""
