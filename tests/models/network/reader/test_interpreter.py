"""Statements and expressions mean what Python means by them, or are refused in a sentence."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.blocks.dense import Dense
from models.network.python_reader import PythonError, read_python

HEAD = """import keras
from keras import layers
inputs = keras.Input((8,), name="input")
"""


def units(body: str, expression: str) -> int:
    """The units of `Dense(<expression>)` behind the statements of `body`."""
    text = f"{HEAD}{body}\nm = keras.Model(inputs, layers.Dense({expression})(inputs))"
    block = read_python(text).nodes[-1].block
    assert isinstance(block, Dense)
    return block.units


def refusal(text: str) -> PythonError:
    with pytest.raises(PythonError) as caught:
        read_python(text)
    assert caught.value.__cause__ is None, "refused by the last resort only"
    return caught.value


OPERANDS = st.sampled_from(["None", "0", "1", "7", "''", "'a'", "[]", "[2]", "()", "False", "True", "3 < 2"])


@given(st.lists(st.tuples(OPERANDS, st.sampled_from([" and ", " or "])), min_size=1, max_size=5))
@example([("None", " or "), ("64", "")])
def test_and_and_or_give_an_operand(parts: list[tuple[str, str]]) -> None:
    expression = "".join(word for pair in parts for word in pair).removesuffix(" and ").removesuffix(" or ")
    expected = eval(expression)
    assert units(f"x = {expression}", f"2 if x == {expected!r} else 1") == 2


@pytest.mark.parametrize(
    ("body", "expression", "expected"),
    [
        ("n = None\nn = n or 64", "n", 64),
        ("n = 0\nfor i, w in enumerate([5, 6], start=4): n = n + i * w", "n", 50),
        ("n = 0\nfor a, b in zip([5, 6], (1, 2), strict=True): n = n + a * b", "n", 17),
        ("i = 3\nxs = [i * 2 for i in range(9)]", "i", 3),
        ("xs = [i * 2 for i in range(9)]\nn = sum(xs, start=1)", "n", 73),
        ("n = max([1, 5]) + min(4, 3)", "n", 8),
        ("n = int('12', 8)", "n", 10),
        ("s = f'{7:02d}'", "7 if s == '07' else 1", 7),
    ],
)
def test_values_are_those_of_python(body: str, expression: str, expected: int) -> None:
    assert units(body, expression) == expected


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("n = int('10', base=2)", "base"),
        ("n = max([1, 2], key=len)", "key"),
        ("n = max([], default=3)", "default"),
        ("n = max([[1], [2]], [[3]])", "numbers"),
        ("n = sum([[1], [2]], [])", "numbers"),
        ("n = [i for i in [2, 3]]\nn = i", "i is not defined"),
        ("n = list(zip([1, 2], [3], strict=True))", "zip"),
        ("n = {'main': inputs}", "list"),
        ("n = str(0x" + "f" * 5000 + ")", "too large"),
        ("n = f'{0x" + "f" * 5000 + "}'", "too large"),
        ("n = f'{3:>9999999999}'", "format"),
        ("n = f'{3!r}'", "format"),
    ],
)
def test_what_python_would_read_otherwise_is_refused(statement: str, message: str) -> None:
    lines = statement.replace("\n", "\n    ")
    assert message in refusal(f"import keras\ndef build_model():\n    inputs = 3\n    {lines}\n    return n").text


@pytest.mark.parametrize(
    "body",
    [
        "r = range(9999)\nn = sum([r for i in r], [])",
        "r = range(9999)\nn = zip(*[r for i in range(9000)])",
        "a = [1, 2]\nfor i in range(60): a = max([a, a], [a, a])\nn = a == a",
        "a = [1, 2]\nfor i in range(60): a = [a, a]\nn = layers.Dense(a)",
        "r = range(9999)\nfor i in r:\n    for j in r: n = 5 in r",
        "r = range(9999)\nfor i in r:\n    for j in r: n = list(r)",
        "r = range(9999)\nfor i in r:\n    for j in r: n = [*r, *r]",
        "s = keras.Sequential()\nfor i in range(60): s = keras.Sequential([s, s])\nn = s(keras.Input((3,)))",
        "a = []\nfor i in range(9999):\n    for j in range(9999): a.append(a)\nn = a",
        "s = 'a' * 1\nt = f'{1}' + '" + "a" * 9000 + "'\nn = f'" + "{t}" * 9000 + "'",
    ],
)
def test_no_small_program_grows_without_bounds(body: str) -> None:
    lines = body.replace("\n", "\n    ")
    refusal(f"import keras\nfrom keras import layers\ndef build_model():\n    {lines}\n    return n")


# --- any program of the grammar is read or refused -------------------------------------------------------------------
NAMES = st.sampled_from(["x", "y", "inputs", "f", "g", "s", "seq", "LOSS_WEIGHTS", "model", "name", "layers", "keras"])
ATOMS = NAMES | st.sampled_from(
    [
        "None",
        "True",
        "f'{x}'",
        "f'{name}__b'",
        "f'{3:02d}'",
        "-1",
        "0",
        "3",
        "2.5",
        "1e400",
        "'a'",
        "'g__'",
        "b'a'",
        "...",
        "1j",
        "[]",
        "()",
        "(8, 8, 3)",
        "10**9",
    ]
)
KEYWORDS = st.sampled_from(
    ["name", "start", "strict", "key", "training", "units", "input_shape", "inputs", "outputs", "shape", "l2", "x"]
)
CALLED = NAMES | st.sampled_from(
    ["keras.Input", "keras.Model", "keras.Sequential", "keras.regularizers.L2", "layers.Dense", "layers.Flatten",
     "layers.Conv2D", "layers.Add", "layers.add", "layers.concatenate", "layers.Dropout", "seq.add", "s.append", "len",
     "range", "zip", "enumerate", "sum", "max", "str", "int", "float", "list", "tuple", "reversed"]
)  # fmt: skip


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def build(pattern: str) -> Callable[..., st.SearchStrategy[str]]:
        return st.builds(pattern.format, inner, inner)  # type: ignore[return-value]

    patterns = ["[{0}, {1}]", "({0}, {1})", "{0} + {1}", "{0} * {1}", "{0}[{1}]", "{0}({1})", "{0} or {1}", "-{0}",
                "{0} == {1}", "{0} in {1}", "[{0} for x in {1}]", "{0}.shape[{1}]", "{{'a': {0}}}",
                "{0} if {1} else x", "[*{0}, {1}]", "{0}[:{1}]", "{0} ** {1}", "{0} / {1}"]  # fmt: skip
    call = st.builds(
        lambda called, positional, keywords: (
            f"{called}({', '.join([*positional, *(f'{key}={value}' for key, value in keywords.items())])})"
        ),
        CALLED,
        st.lists(inner, max_size=3),
        st.dictionaries(KEYWORDS, inner, max_size=2),
    )
    return st.one_of(call, call, *map(build, patterns))  # type: ignore[arg-type]


TARGETS = st.sampled_from(["x", "x", "y", "y", "s", "f", "LOSS_WEIGHTS", "name"])
EXPRESSIONS = st.recursive(ATOMS, compound, max_leaves=8)
STATEMENTS = st.one_of(
    st.builds("{} = {}".format, TARGETS, EXPRESSIONS),
    st.builds("{} = {}".format, TARGETS, EXPRESSIONS),
    st.builds("{} += {}".format, TARGETS, EXPRESSIONS),
    st.builds("{}, {} = {}".format, TARGETS, TARGETS, EXPRESSIONS),
    st.builds("for {} in {}: {}".format, TARGETS, EXPRESSIONS, EXPRESSIONS),
    st.builds("if {}: {} = {}".format, EXPRESSIONS, TARGETS, EXPRESSIONS),
    EXPRESSIONS,
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(STATEMENTS, max_size=4),
    st.lists(STATEMENTS, max_size=4),
    st.lists(STATEMENTS, max_size=6),
    st.just("inputs") | EXPRESSIONS,
    st.sampled_from(["x", "y", "g(x)", "[y, x]", "layers.Dense(2)(x)", "seq(x)"]) | EXPRESSIONS,
)
@example([], [], [], "5", "inputs")
@example(["LOSS_WEIGHTS = [1, -1]"], [], [], "inputs", "[x, layers.Dense(3)(inputs)]")
@example(["LOSS_WEIGHTS = [1, True]"], [], [], "inputs", "[x, layers.Dense(3)(inputs)]")
@example(["LOSS_WEIGHTS = [1, -1e400]"], [], [], "inputs", "[x, layers.Dense(3)(inputs)]")
@example([], [], ["y = layers.Dense(3, input_shape=8)"], "inputs", "y(x)")
@example([], ["x = layers.Dense(3, name='g__')(x)"], ["x = g(x, name='g')"], "inputs", "x")
@example([], [], ["seq.add(keras.Input((3,)))", "seq.add(seq)"], "inputs", "seq(inputs)")
@example([], [], ["seq.add(seq)", "x = seq(x)"], "inputs", "x")
def test_any_program_is_read_or_refused(
    module: list[str], function: list[str], body: list[str], entry: str, end: str
) -> None:
    lines = [
        "import keras",
        "from keras import layers",
        "s = []",
        *module,
        "def g(x, y=None, name='g'):",
        *(f"    {line}" for line in function),
        "    return layers.Dense(4, name=f'{name}__a')(x)",
        "def build_model():",
        "    inputs = keras.Input((8,), name='input')",
        "    x = layers.Dense(4)(inputs)",
        "    y = g(inputs)",
        "    seq = keras.Sequential([])",
        "    f = [3, (8,)]",
        "    name = 'b'",
        *(f"    {line}" for line in body),
        f"    return keras.Model({entry}, {end})",
    ]
    refused = None
    try:
        network = read_python("\n".join(lines))
    except PythonError as error:
        refused = error
    if refused is None:
        assert network.output_node is not None
    else:
        assert 1 <= refused.line <= len(lines)
        assert refused.__cause__ is None, "refused by the last resort only"
