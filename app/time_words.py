"""Stretches of time in words."""

from __future__ import annotations


def time_text(seconds: float) -> str:
    """`4 s`, `3 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def ago_text(seconds: float) -> str:
    """`just now`, `3 minutes ago`, `2 hours ago`, `5 days ago`."""
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        count = int((seconds + size / 60) // size)
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
