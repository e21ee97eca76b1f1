"""What the palette lists, in sections: blocks, the user's own composites, architectures; and how they are searched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from PySide6.QtCore import QMimeData

from models.blocks import Block, Family, blocks_by_family
from models.blocks.composite import Group
from widgets.mime import block_mime, template_mime

SHOWN_AT_FIRST = 6
"""Blocks of a category that stand there before it is unfolded."""

IMAGE_RANK = 3
RANKS = {2: "1-D", 4: "3-D"}

MEANINGS = {
    "fc": ("dense",),
    "linear": ("dense",),
    "deconv": ("transpose",),
    "deconvolution": ("transpose",),
    "atrous": ("dilat",),
    "shortcut": ("residual", "add", "concatenate"),
    "skip": ("residual", "add", "concatenate", "decoder"),
    "join": ("add", "concatenate"),
    "sum": ("add",),
    "stack": ("concatenate",),
    "stride": ("pooling", "conv"),
    "blur": ("gauss",),
    "l2": ("lp",),
    "aux": ("auxiliary",),
    "head": ("auxiliary",),
    "lrelu": ("leakyrelu",),
    "swish": ("activation",),
    "noise": ("gaussian",),
    "upscale": ("upsampling", "transpose"),
    "mobilenet": ("inverted", "depthwise"),
    "resnet": ("residual", "bottleneck"),
    "unet": ("encoder", "decoder"),
    "se": ("squeeze",),
}
"""What people type for what has another name here."""


@dataclass(frozen=True)
class TemplateRow:
    """An architecture as a row: its key, what people call it, a sentence about it, its year and its sizes."""

    key: str
    title: str
    detail: str
    year: str = ""
    sizes: str = ""


TEMPLATE_HINT = "Double-click opens it as a new project; drag it into the network to insert it there."


@dataclass(frozen=True)
class Entry:
    """A row of a section.

    Attributes:
        title, detail: the row's text and its tooltip.
        family: gives the colour.
        kind: the block's class; the block is made when it is needed, since classes are costly to prepare.
        own: a composite of the user's own.
        template: an architecture's key.
        year, sizes: of an architecture, beside and below its title.
        tucked: stands behind "more" until that is unfolded or searched.
    """

    title: str
    detail: str = ""
    family: Family | None = None
    kind: type[Block] | None = None
    own: Group | None = None
    template: str | None = None
    year: str = ""
    sizes: str = ""
    tucked: bool = False

    @property
    def block(self) -> Block | None:
        """The row's block: with its defaults, or as the user made it."""
        return self.kind() if self.kind is not None else self.own

    @cached_property
    def _text(self) -> str:
        category = self.family.value if self.family is not None else "architecture"
        documentation = self.kind.__doc__ or "" if self.kind is not None else ""
        return f"{self.title} {self.detail} {documentation} {category} {self.year}".lower()

    @cached_property
    def _initials(self) -> str:
        """`lrn` of LocalResponseNormalization, `gap2d` of GlobalAveragePooling2D."""
        return "".join(letter for letter in self.title if not letter.islower() and letter != " ").lower()

    def matches(self, words: Sequence[str]) -> bool:
        """Whether each word occurs in name, explanation or category, means something there, or is an abbreviation."""
        return all(self._has(word) for word in words)

    def _has(self, word: str) -> bool:
        meanings = MEANINGS.get(word, ())
        title = self.title.lower()
        abbreviated = len(word) > 1 and self._initials.startswith(word)
        return word in self._text or abbreviated or any(meaning in title for meaning in meanings)

    def closeness(self, words: Sequence[str]) -> int:
        """How well a row that matches does so; the closest one is what Enter takes."""
        title, typed = self.title.lower(), "".join(words)
        if title == typed:
            return 4
        if title.startswith((words[0], typed)):
            return 3
        if self._initials.startswith(typed) and len(typed) > 1:
            return 2
        return 1 if any(word in title for word in words) else 0

    def mime(self) -> QMimeData:
        """What travels when the row is dragged."""
        block = self.block
        return block_mime(block) if block is not None else template_mime(self.template or "", self.title)


@dataclass(frozen=True)
class Section:
    """A heading with its rows; `more` says what stands behind it once there are too many."""

    title: str
    entries: tuple[Entry, ...]
    more: str = ""

    @property
    def tucked(self) -> int:
        return sum(entry.tucked for entry in self.entries)


def block_sections() -> list[Section]:
    """Every block with its defaults under its category."""
    sections = []
    for family, kinds in blocks_by_family().items():
        common = [kind for kind in kinds if _is_common(kind)][:SHOWN_AT_FIRST]
        if len(kinds) - len(common) == 1:
            common = list(kinds)  # "1 more" takes as much room as the one
        entries = tuple(
            Entry(kind.__name__, kind.summary(), family, kind, tucked=kind not in common)
            for kind in sorted(kinds, key=lambda kind: kind not in common)
        )
        if entries:
            sections.append(Section(family.value, entries, _more_text(kinds, common)))
    return sections


def composite_sections(composites: Sequence[Group]) -> list[Section]:
    """The user's own composites under their heading."""
    entries = tuple(
        Entry(group.name, f"{len(group.nodes)} blocks that you grouped", Family.COMPOSITE, own=group)
        for group in composites
    )
    return [Section("Your composites", entries)] if entries else []


def template_sections(templates: Sequence[TemplateRow]) -> list[Section]:
    """The architectures under their heading."""
    entries = tuple(
        Entry(row.title, f"{row.detail}\n{TEMPLATE_HINT}", template=row.key, year=row.year, sizes=row.sizes)
        for row in templates
    )
    return [Section("Architectures", entries)] if entries else []


def _is_common(kind: type[Block]) -> bool:
    """Whether a block works on images or on anything, not on sequences or volumes alone."""
    return not kind.input_ranks or IMAGE_RANK in kind.input_ranks or 1 in kind.input_ranks


def _more_text(kinds: Sequence[type[Block]], common: Sequence[type[Block]]) -> str:
    """`9 more · 1-D, 3-D`."""
    hidden = [kind for kind in kinds if kind not in common]
    ranks = {kind.input_ranks[0] for kind in hidden if not _is_common(kind)}
    return " · ".join((f"{len(hidden)} more", *_listed(text for rank, text in RANKS.items() if rank in ranks)))


def _listed(texts: Iterable[str]) -> tuple[str, ...]:
    text = ", ".join(texts)
    return (text,) if text else ()
