"""What a message looks like, and how it gets to the user."""
