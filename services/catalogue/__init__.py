"""Search across upstreams, and which hit is the one that was meant."""
