"""Playlists on Spotify, made by hand or from what somebody owns or wants on Discogs."""
