"""Discogs' API v2: the database of releases."""
