"""The rate limiter: an exact moving window, spaced, first come first served by priority."""

from services.resilience.rate_limiter._limiter import RateLimiter
from services.resilience.rate_limiter._moving_window import MovingWindow
from services.resilience.rate_limiter._permits import (
    Allowance,
    Correction,
    Permit,
    PermitStore,
    Rate,
)

__all__ = [
    "Allowance",
    "Correction",
    "MovingWindow",
    "Permit",
    "PermitStore",
    "Rate",
    "RateLimiter",
]
