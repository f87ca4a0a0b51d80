"""Spotify's Web API, for a Development-Mode app."""
