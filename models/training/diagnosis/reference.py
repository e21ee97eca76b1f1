"""The rules as a page of the documentation. `python -m models.training.diagnosis.reference` prints it."""

from __future__ import annotations

from models.training.diagnosis.diagnosing import rules
from models.training.diagnosis.finding import RULES, Rule

INTRODUCTION = """# Diagnosis

While a network trains, and when it has, a set of rules looks at the run. What they find stands in the tab *Diagnosis*
below the canvas, the worst first: what it is called, what it means, the numbers by which it was found, and edits that
should help. An edit changes the project and can be undone; it counts from the next run. **Show** selects the block
that it is about, **Dismiss** puts a finding aside for this run. `layerloom diagnose RUN` says the same of a run's
folder, with `--json` as data.

A finding is *serious* where it spoils the run, *deserves a look* where something should be changed, and is *worth
knowing* otherwise. Where one finding explains another one, as a learning rate that is too high explains a network that
does not learn, only the first is shown. A rule that cannot tell says nothing: a healthy run has no findings.

"The loss of guessing" is that of a network which gives every class the same probability: ln(classes) for
cross-entropy, 2.30 with ten of them. Training loss and accuracy are those at the end of an epoch, over the last quarter
of its steps; the mean over the whole epoch would be of a network that knew less.

This page is written by the rules themselves: `python -m models.training.diagnosis.reference > docs/diagnosis.md`.
"""


def page() -> str:
    """All of `docs/diagnosis.md`."""
    return "\n".join([INTRODUCTION, *(_section(rule) for rule in sorted(rules(), key=lambda rule: rule.title))])


def _section(rule: Rule) -> str:
    lines = [
        f"## {rule.title}",
        "",
        rule.meaning,
        "",
        f"**Found when** {_found_when(rule)}",
        "",
        f"**Looks** {_small(rule.looks)}",
    ]
    if type(rule).model_fields:
        lines += ["", "| threshold | value | why |", "|---|---|---|"]
        for name, field in type(rule).model_fields.items():
            lines.append(f"| {name.replace('_', ' ')} | {getattr(rule, name):g} | {field.description} |")
    lines += ["", f"**Offers** {', '.join(rule.helps)}."]
    if rule.explains:
        titles = ", ".join(RULES[name].title for name in rule.explains)
        lines += ["", f"**Explains** {titles}."]
    return "\n".join(lines) + "\n"


def _found_when(rule: Rule) -> str:
    return _small((type(rule).__doc__ or "").strip().split("\n")[0])


def _small(sentence: str) -> str:
    """A sentence as it goes on behind a word; names keep their capitals."""
    return sentence if sentence.startswith("BatchNormalization") else sentence[0].lower() + sentence[1:]


if __name__ == "__main__":
    print(page(), end="")
