"""Numbers in words, for evidence."""

from __future__ import annotations


def loss_text(value: float) -> str:
    """A loss with the digits that matter: `0.0716`, `0.83`, `2.3`, `1,240`."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.4f}" if value < 0.01 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def share_text(share: float) -> str:
    """`97.8 %`."""
    return f"{100 * share:.1f} %"


def small_text(value: float) -> str:
    """`0.0003`, `2e-07`, `1,400`."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.2g}"


def counted(count: int, thing: str) -> str:
    """`1 epoch`, `12 epochs`."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}{'es' if thing.endswith('s') else 's'}"


def and_more(first: str, others: int) -> str:
    """`Dense (dense_2) and 3 more`."""
    return f"{first} and {others:,} more" if others else first
