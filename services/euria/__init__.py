"""EurIA, Infomaniak's language model."""
