"""The numbers of the papers, and those that the same networks have elsewhere."""

from __future__ import annotations

import pytest

from models.analysis import analyse
from models.analysis.depth import depth
from models.blocks.output import AuxiliaryOutput
from models.network.expansion import expand
from models.network.graph import Network
from models.zoo import TEMPLATES, template
from models.zoo.volumes import cnn3d

PARAMETERS = {
    "lenet5": 61_706,
    "alexnet": 60_965_224,
    "alexnet_without_groups": 62_378_344,
    "vgg11": 132_863_336,
    "vgg13": 133_047_848,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "googlenet": 6_998_552,
    "googlenet_auxiliary": 13_378_280,
    "squeezenet": 1_248_424,
    "mobilenet_v1": 4_253_864,
    "densenet121": 8_062_504,
    "unet": 31_030_658,
    "unet_same": 31_030_658,
    "yolo_v1": 271_703_550,
    "mnist1d_cnn": 2_050,
}

TRAINABLE = {
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnet20": 272_474,  # with projections, whose three layers each are 2,752 more than without
    "resnet56": 855_770,
    "plain20": 269_722,
    "plain56": 853_018,
    "mobilenet_v2": 3_504_872,
    "shufflenet_v2": 2_278_604,
    "densenet121": 7_978_856,
}

MULTIPLY_ADDS = {
    "lenet5": 416_520,
    "alexnet": 724_406_816,
    "vgg16": 15_470_264_320,
    "resnet50": 3_857_973_248,
    "mobilenet_v1": 568_740_352,
    "mobilenet_v2": 300_774_272,
    "densenet121": 2_834_161_664,
}

DEPTH = {
    "lenet5": 5, "alexnet": 8, "vgg11": 11, "vgg13": 13, "vgg16": 16, "vgg19": 19, "googlenet": 22, "resnet18": 18,
    "resnet34": 34, "resnet50": 50, "resnet101": 101, "resnet152": 152, "resnet20": 20, "resnet56": 56, "plain20": 20,
    "plain56": 56, "mobilenet_v1": 28, "densenet121": 121, "unet": 23, "yolo_v1": 26,
}  # fmt: skip

INPUT_AND_OUTPUT = {
    "lenet5": ((32, 32, 1), (10,)),
    "alexnet": ((227, 227, 3), (1000,)),
    "vgg16": ((224, 224, 3), (1000,)),
    "unet": ((572, 572, 1), (388, 388, 2)),
    "unet_same": ((256, 256, 1), (256, 256, 2)),
    "segnet": ((224, 224, 3), (224, 224, 12)),
    "yolo_v1": ((448, 448, 3), (7, 7, 30)),
    "yolo_v1_tiny": ((448, 448, 3), (7, 7, 30)),
    "mnist1d_cnn": ((40, 1), (10,)),
    "cnn3d": ((32, 32, 32, 1), (10,)),
}

VGG16 = [
    ("Conv2D", (224, 224, 64), 1_792),
    ("Conv2D", (224, 224, 64), 36_928),
    ("MaxPooling2D", (112, 112, 64), 0),
    ("Conv2D", (112, 112, 128), 73_856),
    ("Conv2D", (112, 112, 128), 147_584),
    ("MaxPooling2D", (56, 56, 128), 0),
    ("Conv2D", (56, 56, 256), 295_168),
    ("Conv2D", (56, 56, 256), 590_080),
    ("Conv2D", (56, 56, 256), 590_080),
    ("MaxPooling2D", (28, 28, 256), 0),
    ("Conv2D", (28, 28, 512), 1_180_160),
    ("Conv2D", (28, 28, 512), 2_359_808),
    ("Conv2D", (28, 28, 512), 2_359_808),
    ("MaxPooling2D", (14, 14, 512), 0),
    ("Conv2D", (14, 14, 512), 2_359_808),
    ("Conv2D", (14, 14, 512), 2_359_808),
    ("Conv2D", (14, 14, 512), 2_359_808),
    ("MaxPooling2D", (7, 7, 512), 0),
    ("Dense", (4096,), 102_764_544),
    ("Dense", (4096,), 16_781_312),
    ("Dense", (1000,), 4_097_000),
]


def layers_of(network: Network) -> list[tuple[str, tuple[int, ...] | None, int, tuple[int, ...] | None]]:
    """Type, output shape, parameters and receptive field of every layer, composites opened."""
    full = expand(network).network
    found = analyse(full)
    return [
        (node.block.type, facts.output_shape, facts.parameters, facts.receptive_field)
        for node, facts in zip(full.nodes, found.nodes.values(), strict=True)
    ]


@pytest.mark.parametrize("key", PARAMETERS)
def test_parameters(key: str) -> None:
    assert analyse(template(key).network()).parameters == PARAMETERS[key] == template(key).facts().parameters


@pytest.mark.parametrize("key", TRAINABLE)
def test_trainable_parameters(key: str) -> None:
    assert analyse(template(key).network()).trainable == TRAINABLE[key] == template(key).facts().trainable


@pytest.mark.parametrize("key", MULTIPLY_ADDS)
def test_multiply_adds(key: str) -> None:
    assert template(key).facts().multiply_adds == MULTIPLY_ADDS[key]


@pytest.mark.parametrize("key", DEPTH)
def test_the_depth_is_what_the_architecture_is_named_by(key: str) -> None:
    assert template(key).facts().depth == DEPTH[key]


@pytest.mark.parametrize("key", INPUT_AND_OUTPUT)
def test_shapes(key: str) -> None:
    found = analyse(template(key).network())
    assert (found.input_shape, found.output_shape) == INPUT_AND_OUTPUT[key]


def test_every_row_of_vgg16() -> None:
    rows = [(kind, shape, count) for kind, shape, count, _ in layers_of(template("vgg16").network())]
    assert [row for row in rows if row[0] in {"Conv2D", "MaxPooling2D", "Dense"}] == VGG16


def test_the_layers_of_lenet5() -> None:
    rows = layers_of(template("lenet5").network())
    assert [shape for _, shape, _, _ in rows] == [
        (32, 32, 1), (28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16), (1, 1, 120), (120,), (84,), (10,),
    ]  # fmt: skip
    assert [count for _, _, count, _ in rows if count] == [156, 2_416, 48_120, 10_164, 850]
    assert [seen for *_, seen in rows[1:6]] == [(5, 5), (6, 6), (14, 14), (16, 16), (32, 32)]


def test_the_layers_of_the_mnist1d_network() -> None:
    rows = [(shape, count) for _, shape, count, _ in layers_of(template("mnist1d_cnn").network()) if count]
    assert rows == [((19, 15), 60), ((9, 15), 690), ((4, 15), 690), ((10,), 610)]


def test_voxnet_has_its_parameters_for_forty_classes() -> None:
    assert analyse(cnn3d(classes=40)).parameters == 921_736


def test_the_stages_of_residual_networks_halve_the_image() -> None:
    shapes = [facts.output_shape for facts in analyse(template("resnet50").network()).nodes.values()]
    sizes = [shape[0] for shape in shapes if shape is not None and len(shape) == 3]
    assert list(dict.fromkeys(sizes)) == [224, 112, 56, 28, 14, 7]
    assert shapes[-3:] == [(7, 7, 2048), (2048,), (1000,)]


def test_the_first_convolution_of_a_bottleneck_carries_the_stride() -> None:
    full = expand(template("resnet50").network()).network
    assert {node.block.model_dump()["strides"] for node in full.nodes if node.id.endswith("__conv2")} == {(1, 1)}
    assert {node.block.model_dump()["strides"] for node in full.nodes if node.id.endswith("__conv1")} == {
        (1, 1),
        (2, 2),
    }


def test_auxiliary_heads_share_the_loss() -> None:
    network = template("googlenet_auxiliary").network()
    found = analyse(network)
    main, *heads = network.outputs
    assert [head.block for head in heads] == [AuxiliaryOutput(loss_weight=0.3)] * 2
    assert [found.nodes[node.id].output_shape for node in (main, *heads)] == [(1000,)] * 3
    plain = analyse(template("googlenet").network())
    assert found.parameters - plain.parameters == 3_188_840 + 3_190_888


def test_a_plain_twin_lacks_the_shortcuts_alone() -> None:
    full = {key: expand(template(key).network()).network for key in ("resnet20", "plain20")}
    kinds = {key: [node.block.type for node in network.nodes] for key, network in full.items()}
    assert kinds["resnet20"].count("Add") == 9
    assert kinds["plain20"].count("Add") == 0
    assert kinds["resnet20"].count("Conv2D") - kinds["plain20"].count("Conv2D") == 2  # projections


@pytest.mark.parametrize("key", TEMPLATES)
def test_the_depth_is_that_of_the_longest_path_of_layers(key: str) -> None:
    """Counted again, on the network with its composites replaced."""
    full = expand(template(key).network()).network
    found = analyse(full)
    assert depth(found) == template(key).facts().depth
    longest: dict[str, int] = {}
    for node in full.nodes:
        before = max((longest[source.node] for source in node.inputs), default=0)
        longest[node.id] = before + (found.nodes[node.id].multiply_adds > 0)
    assert full.output_node is not None
    assert longest[full.output_node.id] == template(key).facts().depth
