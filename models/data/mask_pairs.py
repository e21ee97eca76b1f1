"""Images and their masks, in two folders or side by side: which belongs to which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import compress
from operator import not_
from pathlib import Path

import numpy as np

from models.data.facts import DataError, DataFacts
from models.data.file_index import FileIndex, without_suffix
from models.data.folders import PARTS, Walk, bounded, first_shape, listed, name_of
from models.data.samples import TRAINING, FileSamples, Indices, Names
from models.data.sources.base import Progress

LAYOUT = (
    "LayerLoom expects the folders images/ and masks/ with files of the same names, or masks beside as name_mask.png"
)

IMAGE_FOLDERS = ("images", "image", "imgs", "img", "jpegimages")
MASK_FOLDERS = ("masks", "mask", "labels", "annotations", "segmentations", "segmentation", "segmentationclass", "gt")
"""What people call these folders, in small letters."""

ENDINGS = ("_mask", "-mask", "_masks", "_seg", "-seg", "_segmentation", "_label", "_labels", "_gt")
"""What the name of a mask may have behind the image's."""

LOOKED_AT = 200
"""So many masks are read to learn which classes there are, from the first to the last."""

_REPORT_EVERY = 1_000


@dataclass(frozen=True)
class Layout:
    """A folder of images and one of masks, below the data set's; the same one where they lie side by side."""

    images: str
    masks: str
    part: int = TRAINING

    @property
    def is_beside(self) -> bool:
        return self.images == self.masks


def open_mask_folder(folder: Path, images: str, masks: str, progress: Progress | None = None) -> FileSamples:
    """The images that have a mask, found and not decoded but for one; of the masks up to 200. Raises DataError.

    Args:
        images: the folder of the images, below `folder`.
        masks: the folder of the masks; where there is none of these two, usual names are looked for.
        progress: called with the images found and 0.
    """
    walk = Walk(folder, LAYOUT, progress)
    for name, usual in ((images, "images"), (masks, "masks")):
        if name != usual and not (folder / name).is_dir():
            raise DataError(f"There is no folder {name} in {folder}; there are {_what_there_is(walk)}. {LAYOUT}.")
    layouts = find_layouts(walk, images, masks)
    if not layouts:
        raise DataError(f"{folder} holds {_what_there_is(walk)}, but no masks. {LAYOUT}.")
    pairs = [_pair(walk, layout, progress) for layout in layouts]
    image_names = Names(name for pair in pairs for name in pair.paired_images())
    mask_names = Names(name for pair in pairs for name in pair.paired_masks())
    orphans = bounded(name for pair in pairs for name in pair.orphans())
    _check(folder, image_names, mask_names, orphans)
    return _samples(folder, image_names, mask_names, orphans, [(pair.part, len(pair)) for pair in pairs], progress)


# --- where they are ---------------------------------------------------------------------------------------------------
def find_layouts(walk: Walk, images: str = "images", masks: str = "masks") -> tuple[Layout, ...]:
    """The folders of images and masks: as named, as usual, in train, val and test folders, or side by side.

    Empty where there are no masks.
    """
    if (walk.folder / images).is_dir() and (walk.folder / masks).is_dir():
        return _by_part(walk, Layout(images, masks))
    direct = _usual(walk, "")
    if direct:
        return _by_part(walk, direct)
    tops = [top for top in walk.folders() if top.lower() in PARTS]
    inner = [Layout(found.images, found.masks, PARTS[top.lower()]) for top in tops if (found := _usual(walk, top))]
    if inner:
        return tuple(inner)
    return (Layout("", ""),) if any(has_masks_beside(walk, below) for below in ("", *walk.folders()[:10])) else ()


def _usual(walk: Walk, below: str) -> Layout | None:
    """Folders of the usual names; the images may also lie loose beside the folder of the masks."""
    prefix = below + "/" if below else ""
    folders = {name.lower(): prefix + name for name in walk.folders(below)}
    masks = next((folders[name] for name in MASK_FOLDERS if name in folders and walk.has_images(folders[name])), None)
    images = next((folders[name] for name in IMAGE_FOLDERS if name in folders and walk.has_images(folders[name])), None)
    if images is None and walk.loose_images(below):
        images = below
    return None if images is None or masks is None else Layout(images, masks)


def _by_part(walk: Walk, layout: Layout) -> tuple[Layout, ...]:
    """A layout whose folders hold train, val and test folders, by these."""
    inner = walk.folders(layout.images)
    if not inner or set(inner) != set(walk.folders(layout.masks)) or not {name.lower() for name in inner} <= set(PARTS):
        return (layout,)
    if walk.loose_images(layout.images):
        return (layout,)
    return tuple(Layout(f"{layout.images}/{name}", f"{layout.masks}/{name}", PARTS[name.lower()]) for name in inner)


def has_masks_beside(walk: Walk, below: str) -> bool:
    """Whether an image in this very folder has another one beside it that is called as its mask."""
    stems = {without_suffix(name) for name in walk.loose_images(below)}
    return any(_is_mask(stem) and _image_stem(stem) in stems for stem in stems)


def _what_there_is(walk: Walk) -> str:
    folders = walk.folders()
    return f"the folders {listed(folders)}" if folders else "no folders"


# --- which belongs to which -------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class _Pairs:
    """Images and masks of one layout.

    Attributes:
        found: (images,) the index of each image's mask, −1 where it has none.
    """

    images: Names
    masks: Names
    found: Indices
    part: int

    def __len__(self) -> int:
        return int(np.count_nonzero(self.found >= 0))

    def paired_images(self) -> Iterator[str]:
        return (self.images[int(index)] for index in np.flatnonzero(self.found >= 0))

    def paired_masks(self) -> Iterator[str]:
        return (self.masks[int(index)] for index in self.found[self.found >= 0])

    def orphans(self) -> Iterator[str]:
        """Images without a mask, then masks without an image."""
        yield from (self.images[int(index)] for index in np.flatnonzero(self.found < 0))
        alone = np.ones(len(self.masks), np.bool_)
        alone[self.found[self.found >= 0]] = False
        yield from (self.masks[int(index)] for index in np.flatnonzero(alone))


def _pair(walk: Walk, layout: Layout, progress: Progress | None) -> _Pairs:
    """The mask of each image. Raises DataError where an image has several, or several images have one."""
    images, masks = _images_and_masks(walk, layout)
    _refuse_jpeg(walk.folder, masks)
    index = FileIndex(masks, partial(_mask_key, layout))
    found = np.full(len(images), -1, np.int64)
    for number in range(len(images)):
        if progress is not None and number % _REPORT_EVERY == 0:
            progress(walk.found, 0)
        own = index.find_all(_image_key(layout, images[number]), 3)
        if len(own) > 1:
            raise DataError(
                f"{images[number]} in {walk.folder} has several masks: {listed([masks[at] for at in own])}. "
                "LayerLoom takes one for each image: remove the others."
            )
        found[number] = own[0] if own else -1
    taken, counts = np.unique(found[found >= 0], return_counts=True)
    if (counts > 1).any():
        mask = int(taken[np.argmax(counts)])
        alike = [images[int(at)] for at in np.flatnonzero(found == mask)]
        raise DataError(f"The mask {masks[mask]} in {walk.folder} fits several images: {listed(alike)}. Rename these.")
    return _Pairs(images, masks, found, layout.part)


def _images_and_masks(walk: Walk, layout: Layout) -> tuple[Names, Names]:
    if layout.is_beside:
        everything = Names(walk.images(layout.images))
        is_mask = [_is_mask(without_suffix(everything[index])) for index in range(len(everything))]
        return Names(compress(_all(everything), map(not_, is_mask))), Names(compress(_all(everything), is_mask))
    masks = layout.masks + "/"
    images = (name for name in walk.images(layout.images) if not name.startswith(masks))
    return Names(images), Names(walk.images(layout.masks))


def _all(names: Names) -> Iterator[str]:
    return (names[index] for index in range(len(names)))


def _is_mask(stem: str) -> bool:
    return stem.lower().endswith(ENDINGS)


def _image_stem(stem: str) -> str:
    """`1_mask` → `1`."""
    ending = max((ending for ending in ENDINGS if stem.lower().endswith(ending)), key=len, default="")
    return stem[: len(stem) - len(ending)]


def _image_key(layout: Layout, name: str) -> str:
    return without_suffix(name.removeprefix(layout.images).removeprefix("/"))


def _mask_key(layout: Layout, name: str) -> str:
    return _image_stem(without_suffix(name.removeprefix(layout.masks).removeprefix("/")))


def _refuse_jpeg(folder: Path, masks: Names) -> None:
    for index in range(len(masks)):
        if masks[index].lower().endswith((".jpg", ".jpeg")):
            raise DataError(
                f"The mask {masks[index]} in {folder} is a JPEG file, in which the numbers of classes are blurred. "
                "Save the masks as PNG."
            )


def _check(folder: Path, images: Names, masks: Names, orphans: tuple[str, ...]) -> None:
    if len(images):
        return
    if orphans:
        raise DataError(f"No image in {folder} has a mask of the same name; there are {listed(orphans, 4)}. {LAYOUT}.")
    raise DataError(f"The folders of images and masks in {folder} are empty. {LAYOUT}.")


# --- the data set -----------------------------------------------------------------------------------------------------
def _samples(
    folder: Path,
    images: Names,
    masks: Names,
    orphans: tuple[str, ...],
    parts: list[tuple[int, int]],
    progress: Progress | None,
) -> FileSamples:
    from models.data.decoding import quiet_pillow  # with Pillow
    from models.data.masks import find_classes

    count = len(images)

    def some_masks() -> Iterator[Path]:
        for index in np.unique(np.linspace(0, count - 1, min(count, LOOKED_AT)).astype(np.int64)):
            if progress is not None:
                progress(count, 0)
            yield folder / masks[int(index)]

    with quiet_pillow():
        classes = find_classes(some_masks())
    shape = first_shape(folder, images)
    has_parts = len({part for part, members in parts if members}) > 1
    facts = DataFacts(name_of(folder), count, shape, classes.names, target="mask", has_masks=True, has_parts=has_parts)
    part_of_each = np.concatenate([np.full(members, part, np.int8) for part, members in parts])
    samples = FileSamples(
        facts,
        folder,
        images,
        np.full(count, -1, np.int64),
        part_of_each if has_parts else None,
        masks,
        classes.read,
    )
    samples.orphan_masks = orphans
    return samples
