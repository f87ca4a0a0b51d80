"""What our own layers cost, as ratios against a baseline of the same run: ``python -m bench``."""
