"""Scheduled digests of collections: what they say, when, and that they are posted once."""
