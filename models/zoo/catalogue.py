"""The architectures by name, as the palette, the New menu and the command line offer them."""

from __future__ import annotations

from models.zoo.templates import Template, TemplateError

FIRST = "First networks"
ALEXNET = "AlexNet"
VGG = "VGG"
GOOGLENET = "GoogLeNet"
RESNET = "ResNet"
CIFAR = "ResNet for CIFAR-10"
SMALL = "For small devices"
DENSENET = "DenseNet"
SEGMENTATION = "Segmentation"
DETECTION = "Detection"
OTHER = "Sequences and volumes"

LECUN = "LeCun, Bottou, Bengio & Haffner 1998, Gradient-based learning applied to document recognition"
IOFFE = "Ioffe & Szegedy 2015, Batch normalization: accelerating deep network training"
ZHOU = "Zhou, Khosla, Lapedriza, Oliva & Torralba 2016, Learning deep features for discriminative localization"
KRIZHEVSKY = "Krizhevsky, Sutskever & Hinton 2012, ImageNet classification with deep convolutional neural networks"
SIMONYAN = "Simonyan & Zisserman 2015, Very deep convolutional networks for large-scale image recognition"
SZEGEDY = "Szegedy et al. 2015, Going deeper with convolutions"
HE = "He, Zhang, Ren & Sun 2016, Deep residual learning for image recognition"
IANDOLA = "Iandola et al. 2016, SqueezeNet: AlexNet-level accuracy with 50x fewer parameters"
HOWARD = "Howard et al. 2017, MobileNets: efficient convolutional neural networks for mobile vision applications"
SANDLER = "Sandler, Howard, Zhu, Zhmoginov & Chen 2018, MobileNetV2: inverted residuals and linear bottlenecks"
MA = "Ma, Zhang, Zheng & Sun 2018, ShuffleNet V2: practical guidelines for efficient CNN architecture design"
HUANG = "Huang, Liu, van der Maaten & Weinberger 2017, Densely connected convolutional networks"
RONNEBERGER = "Ronneberger, Fischer & Brox 2015, U-Net: convolutional networks for biomedical image segmentation"
BADRINARAYANAN = "Badrinarayanan, Kendall & Cipolla 2017, SegNet: a deep convolutional encoder-decoder architecture"
REDMON = "Redmon, Divvala, Girshick & Farhadi 2016, You only look once: unified, real-time object detection"
GREYDANUS = "Greydanus & Kobak 2024, Scaling down deep learning with MNIST-1D"
MATURANA = "Maturana & Scherer 2015, VoxNet: a 3D convolutional neural network for real-time object recognition"

GREY, COLOUR = (32, 32, 1), (32, 32, 3)


# fmt: off
ENTRIES = (
    Template("lenet5", "LeNet-5", "LeCun's network for handwritten digits, with tanh and average pooling.",
             1998, "lenet", FIRST, LECUN, input_shape=GREY, classes=10),
    Template("small_cnn", "Small CNN", "Two stages with batch normalization, global average pooling.",
             2015, "small_cnn", FIRST, IOFFE, input_shape=GREY, classes=10),
    Template("cam_cnn", "CNN for class activation maps", "Its last maps show where in the image a class was found.",
             2016, "class_activation", FIRST, ZHOU, input_shape=(64, 64, 3), classes=10),
    Template("alexnet", "AlexNet", "The network that began it: two groups, local response normalization, dropout.",
             2012, "alexnet", ALEXNET, KRIZHEVSKY, input_shape=(227, 227, 3)),
    Template("alexnet_without_groups", "AlexNet without groups", "AlexNet in one piece instead of on two GPUs.",
             2012, "alexnet", ALEXNET, KRIZHEVSKY, input_shape=(227, 227, 3)),
    Template("vgg11", "VGG-11", "3×3 convolutions only; the shallowest of its family.",
             2014, "vgg", VGG, SIMONYAN),
    Template("vgg13", "VGG-13", "Five blocks of two 3×3 convolutions.",
             2014, "vgg", VGG, SIMONYAN),
    Template("vgg16", "VGG-16", "Thirteen 3×3 convolutions in five blocks, and most parameters in a dense layer.",
             2014, "vgg", VGG, SIMONYAN),
    Template("vgg19", "VGG-19", "Sixteen 3×3 convolutions in five blocks.",
             2014, "vgg", VGG, SIMONYAN),
    Template("googlenet", "GoogLeNet", "Nine inception modules: few parameters, many branches.",
             2014, "googlenet", GOOGLENET, SZEGEDY),
    Template("googlenet_auxiliary", "GoogLeNet with auxiliary heads", "GoogLeNet as it is trained.",
             2014, "googlenet", GOOGLENET, SZEGEDY),
    Template("resnet18", "ResNet-18", "Eight residual blocks of two 3×3 convolutions.",
             2015, "resnet", RESNET, HE),
    Template("resnet34", "ResNet-34", "Sixteen residual blocks of two 3×3 convolutions.",
             2015, "resnet", RESNET, HE),
    Template("resnet50", "ResNet-50", "Sixteen bottleneck blocks.",
             2015, "resnet", RESNET, HE),
    Template("resnet101", "ResNet-101", "33 bottleneck blocks.",
             2015, "resnet", RESNET, HE),
    Template("resnet152", "ResNet-152", "50 bottleneck blocks; the deepest of the paper.",
             2015, "resnet", RESNET, HE),
    Template("resnet20", "ResNet-20", "20 layers with shortcuts, for images of 32×32.",
             2015, "resnet", CIFAR, HE, input_shape=COLOUR, classes=10),
    Template("resnet56", "ResNet-56", "56 layers with shortcuts, which train better than 20.",
             2015, "resnet", CIFAR, HE, input_shape=COLOUR, classes=10),
    Template("plain20", "Plain-20", "ResNet-20 without its shortcuts.",
             2015, "resnet", CIFAR, HE, input_shape=COLOUR, classes=10),
    Template("plain56", "Plain-56", "56 layers without shortcuts, which train worse than 20.",
             2015, "resnet", CIFAR, HE, input_shape=COLOUR, classes=10),
    Template("squeezenet", "SqueezeNet", "Fire modules: as accurate as AlexNet with a fiftieth of its parameters.",
             2016, "squeezenet", SMALL, IANDOLA),
    Template("mobilenet_v1", "MobileNet V1", "Depthwise-separable convolutions throughout.",
             2017, "mobilenet", SMALL, HOWARD),
    Template("mobilenet_v2", "MobileNet V2", "Inverted residuals: shortcuts between narrow ends.",
             2018, "mobilenet", SMALL, SANDLER),
    Template("shufflenet_v2", "ShuffleNet V2", "Half of the channels pass by, then all are shuffled.",
             2018, "shufflenet", SMALL, MA),
    Template("densenet121", "DenseNet-121", "Every layer sees what all layers before it in its block gave.",
             2017, "densenet", DENSENET, HUANG),
    Template("unet", "U-Net", "The paper's, with valid convolutions and cropped skip connections.",
             2015, "unet", SEGMENTATION, RONNEBERGER, task="segmentation", input_shape=(572, 572, 1), classes=2),
    Template("unet_same", "U-Net with padding", "Answers for every pixel of the image.",
             2015, "unet", SEGMENTATION, RONNEBERGER, task="segmentation", input_shape=(256, 256, 1), classes=2),
    Template("segnet", "SegNet", "VGG-16 down and up again, with max-unpooling.",
             2017, "segnet", SEGMENTATION, BADRINARAYANAN, task="segmentation", classes=12),
    Template("yolo_v1", "YOLO v1", "Finds objects in one pass: a 7×7 grid, two boxes in each cell.",
             2016, "yolo", DETECTION, REDMON, task="detection", input_shape=(448, 448, 3), classes=20),
    Template("yolo_v1_tiny", "YOLO v1 tiny", "YOLO with eight convolutions.",
             2016, "yolo", DETECTION, REDMON, task="detection", input_shape=(448, 448, 3), classes=20),
    Template("mnist1d_cnn", "MNIST-1D network", "Three convolutions over 40 steps: 2,050 parameters.",
             2024, "sequences", OTHER, GREYDANUS, input_shape=(40, 1), classes=10),
    Template("cnn3d", "3-D CNN", "VoxNet: convolutions over volumes of 32×32×32.",
             2015, "volumes", OTHER, MATURANA, input_shape=(32, 32, 32, 1), classes=10),
)
# fmt: on

TEMPLATES: dict[str, Template] = {entry.key: entry for entry in ENTRIES}
"""Every architecture by its key; those of one family stand together."""


def template(key: str) -> Template:
    """The template of this name; TemplateError with the known names."""
    if key not in TEMPLATES:
        raise TemplateError(f'no template is called "{key}"; there are {", ".join(TEMPLATES)}')
    return TEMPLATES[key]
