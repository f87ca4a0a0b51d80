"""Fixtures of the resilience tests."""

import pytest
from fakes.stores import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    """An empty second cache level."""
    return MemoryStore()
