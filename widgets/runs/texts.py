"""What stands in the views of runs: numbers, times and states in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.training.runs.summary import RunSummary, Status

NONE = "–"
STATUS_ICONS: dict[Status, str] = {
    "running": "▶", "interrupted": "◌", "finished": "✓", "stopped": "■", "diverged": "⚠",
}  # fmt: skip
STATUS_TOKENS: dict[Status, str] = {
    "running": "accent", "interrupted": "warn", "finished": "ok", "stopped": "dim", "diverged": "bad",
}  # fmt: skip
STATUS_HELP: dict[Status, str] = {
    "running": "It is being trained now.",
    "interrupted": "It has no end, and nobody is writing it: a crash, or a computer that was switched off.",
    "finished": "It was trained to its end.",
    "stopped": "It was stopped before its end.",
    "diverged": "It ended because its loss was no longer a finite number.",
}


def status_text(status: Status) -> str:
    """`✓ finished`: an icon and a word, so that the colour need not be seen."""
    return f"{STATUS_ICONS[status]} {status}"


def started_text(created: float, now: datetime | None = None) -> str:
    """`today 14:03`, `yesterday 09:12`, `12 Mar 09:12`, `12 Mar 2024`."""
    if created <= 0:
        return NONE
    started, now = datetime.fromtimestamp(created), now or datetime.now()
    if started.date() == now.date():
        return f"today {started:%H:%M}"
    if started.date() == (now - timedelta(days=1)).date():
        return f"yesterday {started:%H:%M}"
    return f"{started.day} {started:%b %H:%M}" if started.year == now.year else f"{started.day} {started:%b %Y}"


def iso_text(created: float) -> str:
    """`2026-03-12 09:12:05`, for copies."""
    return f"{datetime.fromtimestamp(created):%Y-%m-%d %H:%M:%S}" if created > 0 else ""


def count_text(number: float) -> str:
    """`61.7 k`, `1.25 M`; numbers below 10,000 in full."""
    if abs(number) < 10_000:
        return f"{number:,.0f}"
    for factor, unit in ((1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")):
        if abs(number) < factor * 999.5:
            return f"{number / factor:.3g} {unit}"
    return f"{number / 1e15:,.3g} P"


def share_text(share: float | None) -> str:
    """`98.7 %`."""
    return NONE if share is None else f"{share * 100:.1f} %"


def loss_text(loss: float | None) -> str:
    """Four digits that count: `0.0421`, `2.303`, `1.2e-07`."""
    return NONE if loss is None else f"{loss:.4g}"


def duration_text(seconds: float) -> str:
    """`0.8 s`, `42 s`, `3 min 07 s`, `2 h 15 min`, `3 d 4 h`."""
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds > 0 else NONE
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def epochs_text(run: RunSummary) -> str:
    """`12 / 15`; one number where they are the same."""
    return f"{run.epochs}" if run.epochs >= run.planned_epochs else f"{run.epochs} / {run.planned_epochs}"


def size_text(size: int) -> str:
    """`420 B`, `4.2 MB`."""
    if size < 1000:
        return f"{size} B" if size > 0 else NONE
    for factor, unit in ((1e3, "kB"), (1e6, "MB"), (1e9, "GB")):
        if size < factor * 999.5:
            return f"{size / factor:.3g} {unit}"
    return f"{size / 1e12:.3g} TB"


def tags_of(text: str) -> tuple[str, ...]:
    """Tags as they are typed, parted by commas; each once, in order."""
    return tuple(dict.fromkeys(tag for word in text.split(",") if (tag := " ".join(word.split())[:60])))


def described(run: RunSummary) -> str:
    """A run in one line, for tooltips and for assistive tools."""
    parts = [f"{run.name}: {run.status}", f"{run.parameters:,} parameters"]
    if run.held_out_metric is not None:
        parts.append(f"accuracy {share_text(run.held_out_metric)}")
    if run.loss is not None:
        parts.append(f"loss {loss_text(run.loss)}")
    return ", ".join(parts)
