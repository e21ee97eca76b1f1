"""Tables: delimiter, header and label column found; every bad line is named."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data import table_samples
from models.data.facts import DataError
from models.data.samples import ArraySamples
from models.data.sources.table import Table

IRIS = """sepal length,sepal width,petal length,petal width,species
5.1,3.5,1.4,0.2,setosa
6.3,3.3,6.0,2.5,virginica
7.0,3.2,4.7,1.4,versicolor
"""


def _open(folder: Path, text: str | bytes, name: str = "table.csv", **fields: str) -> ArraySamples:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    samples = Table(path=str(path), **fields).open()
    assert Table(path=str(path), **fields).glance() == samples.facts
    assert isinstance(samples, ArraySamples)
    return samples


def _refusal(folder: Path, text: str | bytes, **fields: str) -> str:
    with pytest.raises(DataError) as caught:
        _open(folder, text, **fields)
    return str(caught.value)


def _mnist(
    rows: int = 5, label: int = 0, header: bool = False, separator: str = ","
) -> tuple[str, np.ndarray, list[int]]:
    pixels = np.random.default_rng(1).integers(0, 256, (rows, 784))
    pixels[:, :3] = pixels[:, -3:] = 0
    labels = [(7 * row) % 10 for row in range(rows)]
    names = [f"pixel{n}" for n in range(784)]
    lines = [[*names[:label], "kind", *names[label:]]] if header else []
    lines += [
        [*map(str, row[:label]), str(kind), *map(str, row[label:])] for row, kind in zip(pixels, labels, strict=True)
    ]
    return "\n".join(separator.join(line) for line in lines), pixels, labels


# --- what just works --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("label", [0, 784])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_mnist_as_a_table_just_works(header: bool, label: int, separator: str, tmp_path: Path) -> None:
    text, pixels, labels = _mnist(5, label, header, separator)
    samples = _open(tmp_path, text)
    assert (samples.facts.sample_shape, samples.facts.white) == ((28, 28, 1), 255)
    assert samples.values.dtype == np.uint8
    np.testing.assert_array_equal(samples.values.reshape(5, 784), pixels)
    assert [int(samples.facts.class_names[kind]) for kind in samples.labels] == labels


def test_a_table_of_one_class_still_has_its_label_first(tmp_path: Path) -> None:
    text, pixels, _labels = _mnist(1)
    np.testing.assert_array_equal(_open(tmp_path, text).values.reshape(1, 784), pixels)


def test_iris_just_works(tmp_path: Path) -> None:
    samples = _open(tmp_path, IRIS, "iris.csv")
    assert samples.facts.text == "iris · 3 rows · 4 · 3 classes"
    assert samples.facts.class_names == ("setosa", "versicolor", "virginica")
    assert samples.labels.tolist() == [0, 2, 1]
    assert (samples.values.dtype, samples.facts.white) == (np.float32, 0)
    np.testing.assert_allclose(samples.read(1), [6.3, 3.3, 6.0, 2.5], rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "labels", "first"),
    [
        ("1.5,2.5,a\n3.5,4.5,b\n", ["a", "b"], [1.5, 2.5]),
        ("a 1.5   2.5\nb 3 4\n", ["a", "b"], [1.5, 2.5]),
        ("1,5;2,5;x\n3,5;4,5;y\n", ["x", "y"], [1.5, 2.5]),
        ('"x";"y1";"class"\n1;2;"red; dark"\n3;4;blue\n', ["red; dark", "blue"], [1, 2]),
        (",a,b,target\n0,1.5,2.5,1\n1,3.5,4.5,0\n", ["1", "0"], [1.5, 2.5]),
        ("id,kind,a\n7,dog,1.5\n9,cat,2\n", ["dog", "cat"], [1.5]),
        ("\ufeffy|a|b\r\n1|2|3\r\n\r\n0|4|5\r\n", ["1", "0"], [2, 3]),
        ("a,b,c\n1.5,2.5,3\n1.5,2.5,3\n1,2,12\n", ["3", "3", "12"], [1.5, 2.5]),
        ("0,1,2,3\n5,6,7,1\n5,6,8,2\n", ["1", "2"], [5, 6, 7]),
        ("label,x\n 1.0 , 2 \n 2.0 , 3 \n", ["1", "2"], [2]),
    ],
)
def test_how_a_table_is_written_is_found(text: str, labels: list[str], first: list[float], tmp_path: Path) -> None:
    samples = _open(tmp_path, text)
    assert [samples.facts.class_names[label] for label in samples.labels] == labels
    np.testing.assert_allclose(samples.read(0), first)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_encodings_are_found(encoding: str, tmp_path: Path) -> None:
    samples = _open(tmp_path, "größe;class\n1;süß\n2;sauer\n".encode(encoding))
    assert samples.facts.class_names == ("sauer", "süß")


@given(
    rows=st.lists(
        st.tuples(
            st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=3, max_size=3),
            st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8).filter(
                lambda text: not text.lstrip("+-").replace("_", "")[:1].isdigit() and text.lower() not in NOT_NAMES
            ),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_csv_writes_is_read_back(
    rows: list[tuple[list[float], str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["a", "b", "c", "class"])
    writer.writerows([*numbers, name] for numbers, name in rows)
    samples = _open(tmp_path_factory.mktemp("table"), file.getvalue())
    np.testing.assert_array_equal(samples.values, np.array([numbers for numbers, _name in rows], np.float32))
    assert [samples.facts.class_names[label] for label in samples.labels] == [name for _numbers, name in rows]


NOT_NAMES = ("na", "n/a", "nan", "null", "none", "?", "-", "inf", "infinity", "+inf", "-inf", "+nan", "-nan")


def test_columns_and_shapes_may_be_told(tmp_path: Path) -> None:
    by_name = _open(tmp_path, "a,kind,b\n1,5,2\n3,6,4\n", label_column="Kind")
    by_number = _open(tmp_path, "1,5,2\n3,6,4\n", label_column="2")
    for samples in (by_name, by_number):
        np.testing.assert_array_equal(samples.values, [[1, 2], [3, 4]])
        assert samples.facts.class_names == ("5", "6")
    images = _open(tmp_path, "y,1,2,3,4\n0,0,255,7,9\n1,1,2,3,4\n", shape="2 x 2 x 1")
    assert (images.facts.sample_shape, images.facts.white, images.values.dtype) == ((2, 2, 1), 255, np.uint8)
    floats = _open(tmp_path, "y,1,2,3,4\n0,0,0.5,1,0\n1,1,0,0,0.25\n", shape="2×2×1")
    assert (floats.facts.white, floats.values.dtype) == (1, np.float32)
    rows = _open(tmp_path, _mnist()[0], shape="784")
    assert (rows.facts.sample_shape, rows.facts.white, rows.values.dtype) == ((784,), 0, np.float32)
    signals = _open(tmp_path, "y,1,2,3,4,5,6\n0,1,2,3,4,5,6\n1,1,2,3,4,5,6\n", shape="3x2")
    assert (signals.facts.sample_shape, signals.facts.unit) == ((3, 2), "signals")


def test_many_blocks_keep_their_order(tmp_path: Path) -> None:
    rows = 10_000
    samples = _open(tmp_path, "x,y\n" + "\n".join(f"{n}.5,{n % 3}" for n in range(rows)))
    np.testing.assert_array_equal(samples.values[:, 0], np.arange(rows) + np.float32(0.5))
    np.testing.assert_array_equal(samples.labels, np.arange(rows) % 3)
    seen: list[tuple[int, int]] = []
    Table(path=str(tmp_path / "table.csv")).open(lambda done, total: seen.append((done, total)))
    assert len(seen) == 3
    assert all(done <= total for done, total in seen)


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    def cancel(done: int, total: int) -> None:
        raise RuntimeError("cancelled")

    (tmp_path / "table.csv").write_text(IRIS)
    with pytest.raises(RuntimeError, match="cancelled"):
        Table(path=str(tmp_path / "table.csv")).open(cancel)


# --- what is said -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "fields", "words"),
    [
        ("", {}, "table.csv is empty"),
        ("\n \n", {}, "table.csv is empty"),
        ("a,b,label\n", {}, "only a header (a, b, label) and no rows"),
        ("a,b,y\n1,2,0\n1,2\n", {}, "table.csv, line 3 has 2 cells, and 3 were expected"),
        ("a,b,y\n1,2,0\n\n1,2,0,9\n", {}, "table.csv, line 4 has 4 cells"),
        ("a,b,y\n1,2,0\n1,2,\n", {}, 'line 3: the label is missing in column "y"'),
        ("a,b,y\n1,2,0\n1,,1\n", {}, 'line 3, column "b": the value is missing'),
        ("a,b,y\n1,2,0\n1,NaN,1\n", {}, 'line 3, column "b": the value is missing'),
        ("1,2,0\n1,?,1\n", {}, "line 2, column 2: the value is missing"),
        ("a,b,y\n1,2,0\n1,tall,1\n", {}, 'line 3, column "b": "tall" is no number'),
        ("a,b,y\n1,2,0\n1,1e60,1\n", {}, 'line 3, column "b": "1e60" is no number that can be used'),
        ("a,b,y\n1,2,0\n1,inf,1\n", {}, 'line 3, column "b": "inf" is no number'),
        ("a,b,y\n1,2,0\n1,2,1.7\n", {}, 'line 3: the label is "1.7", a value to predict, as in regression'),
        ("1.5,2.5\n3.5,4.5\n", {}, "column 1 and column 2 hold fractions"),
        ("7\n8\n", {}, "a single column"),
        ("a,b\n1,2\n", {"label_column": "c"}, 'no column "c" in table.csv: found a, b.'),
        ("1,2\n3,4\n", {"label_column": "3"}, "no header and 2 columns, numbered from 1"),
        ("y,a,b\n1,2,3\n0,2,3\n", {"shape": "3x1"}, "rows have 2 values: 3×1 is 3"),
        ("y,a,b\n1,2,3\n0,2,3\n", {"shape": "wide"}, "no list of sizes"),
        ("a,y\n1,0\n\0\0,1\n", {}, "line 3 holds NUL bytes"),
    ],
)  # fmt: skip
def test_every_fault_is_named_with_its_line(text: str, fields: dict[str, str], words: str, tmp_path: Path) -> None:
    assert words in _refusal(tmp_path, text, **fields)


def test_what_is_no_table_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        Table(path=str(tmp_path / "none.csv")).open()
    with pytest.raises(DataError, match="is a folder"):
        Table(path=str(tmp_path)).open()
    with pytest.raises(DataError, match="was not opened"):
        Table(path=f"{tmp_path}/\0").open()
    assert _refusal(tmp_path, b"\x89PNG\r\n\x1a\n\0\0\0")


def test_a_table_larger_than_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_samples, "physical_memory", lambda: 100)
    assert "a quarter of this machine's memory" in _refusal(tmp_path, IRIS * 1 + "1,2,3,4,setosa\n" * 10)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("bytes") / "table.csv"
    path.write_bytes(data)
    try:
        samples = Table(path=str(path)).open()
    except DataError:
        return
    assert len(samples) > 0
