"""Folders of images with a CSV of labels, as spreadsheets, scripts and people write them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import picture

from models.data.file_index import ABSENT, AMBIGUOUS, FileIndex, last_stem, without_suffix
from models.data.label_file import LabelFile
from models.data.labelled import ImageFinder
from models.data.samples import TEST, TRAINING, VALIDATION, FileSamples, Names
from models.data.sources import SOURCES, DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images, 0.png … 5.png."""
    for number in range(6):
        picture(tmp_path / "birds" / f"{number}.png", colour=(number, 100, 200))
    return tmp_path / "birds"


def opened(folder: Path, table: str | bytes = "", **settings: str) -> FileSamples:
    if table:
        (folder / "labels.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    samples = SOURCES["labelled_folder"].model_validate({"path": str(folder), **settings}).open()
    assert isinstance(samples, FileSamples)
    return samples


def told(samples: FileSamples) -> dict[str, str]:
    """The class of every image by its name."""
    return {samples.name(at): samples.facts.class_names[samples.labels[at]] for at in range(len(samples))}


SIMPLE = "file,label\n0.png,owl\n1.png,robin\n2.png,owl\n3.png,owl\n4.png,robin\n5.png,owl\n"
EXPECTED = {f"{n}.png": "robin" if n in (1, 4) else "owl" for n in range(6)}


def test_a_plain_table(folder: Path) -> None:
    samples = opened(folder, SIMPLE)
    assert samples.facts.text == "birds · 6 images · 4×6×3 · 2 classes"
    assert told(samples) == EXPECTED
    assert samples.parts is None
    assert samples.orphan_images == samples.orphan_labels == ()
    assert samples.read(5)[0, 0].tolist() == [5, 100, 200]


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(SIMPLE.replace(",", ";"), id="semicolons"),
        pytest.param(SIMPLE.replace(",", "\t"), id="tabs"),
        pytest.param(SIMPLE.replace("\n", "\r\n"), id="Windows"),
        pytest.param(b"\xef\xbb\xbf" + SIMPLE.encode(), id="byte order mark"),
        pytest.param(SIMPLE.encode("utf-16"), id="UTF-16"),
        pytest.param(SIMPLE.replace(".png", ""), id="without suffix"),
        pytest.param(SIMPLE.replace("0.png", "./0.png"), id="dot"),
        pytest.param(SIMPLE.replace(".png,", ".png ,  "), id="blanks"),
        pytest.param(SIMPLE + "\n\n,\n", id="blank lines at the end"),
        pytest.param(SIMPLE.replace("\n", "\n\n", 1), id="blank line"),
        pytest.param(SIMPLE.replace("0.png", '"0.png"'), id="quotes"),
        pytest.param(SIMPLE + "5.png,owl\n", id="twice the same"),
        pytest.param(
            "".join(f"/home/someone/data/birds/{line}\n" if "png" in line else f"{line}\n" for line in SIMPLE.split()),
            id="paths of another machine",
        ),
        pytest.param(
            "".join(f"{number},{line}\n" if number else f",{line}\n" for number, line in enumerate(SIMPLE.split())),
            id="numbered rows",
        ),
        pytest.param(
            "".join(",".join(reversed(line.split(","))) + "\n" for line in SIMPLE.split()), id="label before file"
        ),
    ],
)
def test_tables_as_programs_write_them(folder: Path, table: str | bytes) -> None:
    assert told(opened(folder, table)) == EXPECTED


def test_latin_1_is_read_where_it_is_no_utf_8(folder: Path) -> None:
    assert "Käuzchen" in opened(folder, SIMPLE.replace("owl", "Käuzchen").encode("latin-1")).facts.class_names


def test_a_table_in_another_place_by_absolute_path(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text(SIMPLE)
    assert told(opened(folder, labels=str(tmp_path / "elsewhere.csv"))) == EXPECTED


def test_images_in_subfolders_by_their_last_name(tmp_path: Path) -> None:
    for name in ("a/1.png", "a/2.png", "b/3.png"):
        picture(tmp_path / name)
    samples = opened(tmp_path, "id,kind\n1,x\n2,y\nb\\3.png,x\n")
    assert told(samples) == {"a/1.png": "x", "a/2.png": "y", "b/3.png": "x"}


def test_whole_numbers_are_classes_in_numerical_order(folder: Path) -> None:
    table = "file,label\n" + "".join(f"{n}.png,{label}\n" for n, label in enumerate((10, 9, 2, 2, 10, 9)))
    samples = opened(folder, table)
    assert samples.facts.class_names == ("2", "9", "10")
    assert samples.labels.tolist() == [2, 1, 0, 0, 2, 1]
    assert opened(folder, table.replace(",10", ",10.0")).facts.class_names == ("2", "9", "10")


def test_a_column_of_parts_is_found(folder: Path) -> None:
    words = ("train", "Training", "val", "valid", "TEST", "testing")
    rows = [f"{line},{words[n]}" for n, line in enumerate(SIMPLE.split()[1:])]
    samples = opened(folder, "file,label,set\n" + "\n".join(rows))
    assert told(samples) == EXPECTED
    assert samples.facts.has_parts
    assert samples.parts is not None
    assert samples.parts.tolist() == [TRAINING, TRAINING, VALIDATION, VALIDATION, TEST, TEST]


def test_other_parts_are_another_data_set(folder: Path) -> None:
    rows = [line + "," for line in SIMPLE.split()[1:]]
    prints = [
        opened(folder, "file,label,set\n" + "\n".join(map(str.__add__, rows, words))).fingerprint()
        for words in (["train"] * 4 + ["val"] * 2, ["val"] * 2 + ["train"] * 4, ["train"] * 4 + ["val"] * 2)
    ]
    assert prints[0] == prints[2] != prints[1]


def test_labels_and_images_without_partner_are_told(folder: Path) -> None:
    samples = opened(folder, SIMPLE.replace("5.png", "50.png"))
    assert len(samples) == 5
    assert samples.orphan_labels == ("50.png",)
    assert samples.orphan_images == ("5.png",)


def test_a_class_of_which_there_are_no_images_is_none(folder: Path) -> None:
    assert opened(folder, SIMPLE + "9.png,eagle\n").facts.class_names == ("owl", "robin")


def test_of_several_columns_the_one_called_label_or_else_the_only_possible_one(folder: Path) -> None:
    rows = SIMPLE.split()[1:]
    weights = "".join(f"0.{n}7,{line},note {n}\n" for n, line in enumerate(rows))
    assert told(opened(folder, "weight,file,Label,remark\n" + weights)) == EXPECTED
    assert told(opened(folder, "weight,file,what\n" + "".join(f"0.{n}7,{line}\n" for n, line in enumerate(rows)))) == (
        EXPECTED
    )


def test_columns_as_chosen(folder: Path) -> None:
    table = "file,other,label,kind\n" + "".join(f"{n}.png,{5 - n}.png,x{n % 2},y{n // 2}\n" for n in range(6))
    samples = opened(folder, table, file_column="other", label_column="kind")
    assert told(samples)["5.png"] == "y0"


names = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\\0\r\n", exclude_categories=("Cs", "Cc", "Z")), min_size=1
)


@settings(max_examples=50)
@given(
    st.dictionaries(names, st.sampled_from(["a,b", 'c"d', "e;f", "g"]), min_size=1, max_size=20),
    st.sampled_from(",;\t"),
)
def test_every_row_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[str, str], delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([("file", "label"), *rows.items()])
    table = LabelFile(path)
    assert table.header == ["file", "label"]
    assert [tuple(row) for _, row in table.rows()] == list(rows.items())


@given(st.lists(st.text(min_size=1, max_size=8, alphabet="ab/."), unique=True, max_size=30))
def test_an_index_finds_what_a_dictionary_would(written: list[str]) -> None:
    index = FileIndex(Names(written), without_suffix)
    keys = [without_suffix(name) for name in written]
    for key in {*keys, "elsewhere"}:
        places = [at for at, other in enumerate(keys) if other == key]
        assert index.find_all(key, 100) == places
        assert index.find(key) == (ABSENT if not places else places[0] if len(places) == 1 else AMBIGUOUS)


@settings(max_examples=100)
@given(st.binary(max_size=200) | st.text('ab01.,;\t\n"é\0', max_size=200).map(str.encode))
def test_any_bytes_are_a_table_or_an_error_in_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    path.write_bytes(data)
    try:
        table = LabelFile(path)
        columns = table.survey(lambda value: value == "a")
    except DataError:
        return
    assert [column.name for column in columns] == table.header
    assert len(columns) > 1


def test_names_without_suffix() -> None:
    assert [without_suffix(name) for name in ("a.b/c", "a/b.png", "x.tar.gz", ".x")] == ["a.b/c", "a/b", "x.tar", ".x"]
    assert last_stem("a/b.png") == "b"


def test_another_folder_is_another_image() -> None:
    finder = ImageFinder(Names(["train/1.png", "val/2.png"]))
    assert finder.find("val/1.png") == ABSENT
    assert finder.find("data/train/1.png") == finder.find("1") == finder.find("train/1") == 0


# --- what cannot be used ----------------------------------------------------------------------------------------------
def refused(folder: Path, table: str | bytes = "", **settings: str) -> str:
    with pytest.raises(DataError) as error:
        opened(folder, table, **settings)
    return str(error.value)


def test_ragged_rows_are_named_by_line(folder: Path) -> None:
    text = refused(folder, SIMPLE.replace("1.png,robin", "1.png").replace("4.png,robin", "4.png,robin,big,brown"))
    assert "another number of values than the 2 of its header, in lines 3 (1), 6 (4)." in text


def test_missing_labels_are_named_by_line(folder: Path) -> None:
    assert "labels.csv has no label in column label in line 3." in refused(
        folder, SIMPLE.replace("1.png,robin", "1.png,")
    )
    text = refused(folder, "file,label\n" + "".join(f"{n % 6}.png,\n" for n in range(9)) + "0.png,owl")
    assert "in lines 2, 3, 4, 5, 6 and 4 more." in text


def test_missing_file_names_are_named_by_line(folder: Path) -> None:
    assert "labels.csv has no file name in line 3." in refused(folder, SIMPLE.replace("1.png,robin", ",robin"))


def test_labels_that_are_numbers_with_fractions(folder: Path) -> None:
    text = refused(folder, "file,score\n" + "".join(f"{n}.png,0.5{n + 2}\n" for n in range(6)))
    assert text == (
        "labels.csv, column score: labels are numbers such as 0.52, but LayerLoom expects classes. "
        "Choose another column."
    )


def test_a_different_label_for_every_image(tmp_path: Path) -> None:
    for number in range(30):
        picture(tmp_path / f"{number}.png")
    text = refused(tmp_path, "file,price\n" + "".join(f"{n}.png,{n * 997}\n" for n in range(30)))
    assert "there are 30 different labels in 30 rows, hardly classes" in text


def test_too_many_labels(folder: Path) -> None:
    rows = "".join(f"{n % 6}.png,{n // 2}\n" for n in range(2_200))
    assert "more than 1,000 different labels" in refused(folder, "file,number\n" + rows)


def test_one_label_for_all(folder: Path) -> None:
    assert "labels every image owl" in refused(folder, SIMPLE.replace("robin", "owl"))


def test_two_labels_for_one_image(folder: Path) -> None:
    text = refused(folder, SIMPLE + "0.png,robin\n")
    assert "labels.csv gives 0.png different labels in lines 2 and 8" in text


def test_a_name_that_fits_several_images(tmp_path: Path) -> None:
    for name in ("a/1.png", "b/1.png"):
        picture(tmp_path / name)
    assert "line 2: 1.png fits several images" in refused(tmp_path, "file,label\n1.png,x\n")


@pytest.mark.parametrize("table", ["\n\n", b"\xef\xbb\xbf", " \n"])
def test_an_empty_table(folder: Path, table: str | bytes) -> None:
    assert "labels.csv is empty. LayerLoom expects a header such as file,label" in refused(folder, table)


def test_a_table_of_a_header_alone(folder: Path) -> None:
    assert "labels.csv has a header and no rows." in refused(folder, "file,label\n")


def test_a_table_without_header(folder: Path) -> None:
    text = refused(folder, SIMPLE.removeprefix("file,label\n"))
    assert "labels.csv has no header: its first line, 0.png, owl, names an image." in text
    text = refused(folder, SIMPLE.removeprefix("file,label\n").replace(".png", ""))
    assert "labels.csv has no header: its first line, 0, owl, names an image." in text


def test_one_column(folder: Path) -> None:
    assert "labels.csv has one column, file." in refused(folder, "file\n0.png\n")


def test_two_columns_of_one_name(folder: Path) -> None:
    assert "several columns called a." in refused(folder, "a,a\n0.png,owl\n")


def test_a_table_that_names_no_image(folder: Path) -> None:
    text = refused(folder, "file,label\nx.png,owl\ny.png,robin\n")
    assert f"No column of labels.csv names an image in {folder}; its first row is x.png, owl." in text
    text = refused(folder, "file,label\nx.png,owl\ny.png,robin\n", file_column="file")
    assert f"None of the files in column file of labels.csv, such as x.png, y.png, is in {folder}." in text


def test_a_column_that_is_not_there(folder: Path) -> None:
    text = refused(folder, SIMPLE, label_column="species")
    assert "labels.csv has no column called species; it has file, label." in text


def test_columns_to_choose_from(folder: Path) -> None:
    text = refused(folder, "file,a,b\n" + "".join(f"{n}.png,{n % 2},{n % 3}\n" for n in range(6)))
    assert "several columns that could be labels: a, b." in text


def test_zero_bytes(folder: Path) -> None:
    assert "labels.csv is no text: line 3 holds a zero byte." in refused(folder, SIMPLE.replace("robin", "ro\0bin", 1))


def test_a_huge_value_as_an_open_quote_makes_it(folder: Path) -> None:
    text = refused(folder, SIMPLE + '0.png,"' + "owl\n" * 50_000)
    assert "labels.csv, line " in text
    assert "cannot be read: field larger than field limit (131072). Look for a quote that is not closed." in text


def test_no_table_and_several(folder: Path) -> None:
    assert f"{folder} holds no CSV file with labels." in refused(folder)
    (folder / "more.csv").touch()
    assert f"{folder} holds 2 CSV files: labels.csv, more.csv." in refused(folder, SIMPLE)


def test_a_table_that_is_gone_or_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "gone.csv cannot be read: No such file or directory." in refused(folder, SIMPLE, labels="gone.csv")

    def deny(path: Path, *arguments: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    assert "labels.csv cannot be read: Permission denied." in refused(folder)


def test_no_images(tmp_path: Path) -> None:
    assert f"{tmp_path} holds no images." in refused(tmp_path, SIMPLE)


def test_reading_can_be_cancelled(folder: Path) -> None:
    (folder / "labels.csv").write_text(SIMPLE)

    class Cancelled(Exception):
        pass

    def cancel(found: int, total: int) -> None:
        assert (found, total) == (6, 0)
        raise Cancelled

    with pytest.raises(Cancelled):
        SOURCES["labelled_folder"].model_validate({"path": str(folder)}).open(cancel)


def test_order_and_labels_stay_together_for_many_images(tmp_path: Path) -> None:
    for number in range(60):
        picture(tmp_path / f"{number}.png", (1, 1))
    order = np.random.default_rng(1).permutation(60)
    table = "label,file\n" + "".join(f"{'abc'[n % 3]},{n}.png\n" for n in order)
    assert told(opened(tmp_path, table)) == {f"{n}.png": "abc"[n % 3] for n in range(60)}
