"""Thin networks whose modules are nested and named as in other libraries, written from their checkpoints' names: segmentation_models.pytorch
(smp), VainF's DeepLabV3Plus-Pytorch, jfzhang95's pytorch-deeplab-xception and K. Nakashima's deeplab-pytorch. Heads on ResNet have 32 channels where the libraries have 256."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision.models import mobilenet_v2

from deeplab_v2 import DeepLabV2

CLASSES = 5
CHANNELS = 32  # on MobileNetV2 256, as in the libraries, whatever the width
LOW_LEVEL = 48
V2 = {'classes': CLASSES, 'units': (1, 2, 1, 1), 'rates': (6, 12, 18, 24), 'width': 1 / 16}


def conv(inputs, outputs, kernel=1, stride=1, rate=1, groups=1, bias=False):
    return nn.Conv2d(inputs, outputs, kernel, stride, rate * (kernel // 2), rate, groups, bias)


def conv_bn_relu(inputs, outputs, kernel=1, rate=1):
    return nn.Sequential(conv(inputs, outputs, kernel, 1, rate), nn.BatchNorm2d(outputs), nn.ReLU())


def resize(x, like, align_corners):
    return F.interpolate(x, like.shape[2:], mode='bilinear', align_corners=align_corners)


class Unit(nn.Module):
    def __init__(self, inputs, inner, stride, rate, projection):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, inner), nn.BatchNorm2d(inner)
        self.conv2, self.bn2 = conv(inner, inner, 3, stride, rate), nn.BatchNorm2d(inner)
        self.conv3, self.bn3 = conv(inner, 4 * inner), nn.BatchNorm2d(4 * inner)
        self.downsample = nn.Sequential(conv(inputs, 4 * inner, 1, stride), nn.BatchNorm2d(4 * inner)) if projection else None

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(torch.relu(self.bn2(self.conv2(y)))))
        return torch.relu(y + (self.downsample(x) if self.downsample else x))


class BasicUnit(nn.Module):
    def __init__(self, inputs, inner, stride, rate, first):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, inner, 3, stride, rate), nn.BatchNorm2d(inner)
        self.conv2, self.bn2 = conv(inner, inner, 3, 1, rate), nn.BatchNorm2d(inner)
        projection = first and inputs != inner
        self.downsample = nn.Sequential(conv(inputs, inner, 1, stride), nn.BatchNorm2d(inner)) if projection else None

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (self.downsample(x) if self.downsample else x))


class ThinResNet(nn.Module):
    """Width 1/8 and 1, 1, 2 and 3 units; rates: for each block, those of its units."""

    def __init__(self, strides, rates, unit=Unit, expansion=4):
        super().__init__()
        self.conv1, self.bn1, self.maxpool = conv(3, 8, 7, 2), nn.BatchNorm2d(8), nn.MaxPool2d(3, 2, 1)
        inputs = 8
        for block, (stride, unit_rates) in enumerate(zip(strides, rates)):
            inner = 8 * 2 ** block
            units = []
            for i, rate in enumerate(unit_rates):
                units.append(unit(inputs, inner, stride if i == 0 else 1, rate, i == 0))
                inputs = expansion * inner
            setattr(self, f'layer{block + 1}', nn.Sequential(*units))

    def forward(self, x):
        low = self.layer1(self.maxpool(torch.relu(self.bn1(self.conv1(x)))))
        return low, self.layer4(self.layer3(self.layer2(low)))


def dilate(features, first_rate, later_rate):
    """The last stage of torchvision's MobileNetV2 at stride 1: the rate of its first unit's 3×3 convolution, and of the later ones."""
    for i, feature in enumerate(features[14:18]):
        window = feature.conv[1][0]
        rate = first_rate if i == 0 else later_rate
        window.stride, window.dilation, window.padding = (1, 1), (rate, rate), (rate, rate)
    return features


class AsppPooling(nn.Sequential):
    def __init__(self, inputs, channels):
        super().__init__(nn.AdaptiveAvgPool2d(1), conv(inputs, channels), nn.BatchNorm2d(channels), nn.ReLU())

    def forward(self, x):
        return super().forward(x).expand(-1, -1, *x.shape[2:])


class SeparableConv(nn.Sequential):
    def __init__(self, inputs, outputs, rate=1):
        super().__init__(conv(inputs, inputs, 3, 1, rate, inputs), conv(inputs, outputs))


def separable_bn_relu(inputs, outputs, rate=1):
    return nn.Sequential(SeparableConv(inputs, outputs, rate), nn.BatchNorm2d(outputs), nn.ReLU())


class Aspp(nn.Module):
    """The ASPP of smp and VainF, which torchvision has too."""

    def __init__(self, inputs, rates, branch, channels=CHANNELS):
        super().__init__()
        self.convs = nn.ModuleList([conv_bn_relu(inputs, channels), *[branch(inputs, channels, rate) for rate in rates], AsppPooling(inputs, channels)])
        self.project = nn.Sequential(*conv_bn_relu(5 * channels, channels), nn.Dropout())

    def forward(self, x):
        return self.project(torch.cat([branch(x) for branch in self.convs], 1))


dense_branch = lambda inputs, outputs, rate: conv_bn_relu(inputs, outputs, 3, rate)
separable_branch = lambda inputs, outputs, rate: separable_bn_relu(inputs, outputs, rate)


class SmpMobileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = dilate(mobilenet_v2(weights=None, width_mult=0.35).features, 2, 2)

    def forward(self, x):
        low = self.features[:4](x)
        return low, self.features[4:](low)


class TimmEncoder(nn.Module):
    """segmentation_models.pytorch's wrapper of timm's networks."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x)


class TimmUnit(nn.Module):
    """An inverted residual by timm's names; the first block has no expansion."""

    def __init__(self, inputs, outputs, stride, rate, expansion):
        super().__init__()
        inner, self.shortcut = inputs * expansion, stride == 1 and inputs == outputs
        spatial = ('conv_dw', conv(inner, inner, 3, stride, rate, inner))
        self.layers = [('conv_pw', conv(inputs, inner)), spatial, ('conv_pwl', conv(inner, outputs))] if expansion > 1 else [spatial, ('conv_pw', conv(inner, outputs))]
        for i, (name, layer) in enumerate(self.layers, 1):
            setattr(self, name, layer)
            setattr(self, f'bn{i}', nn.BatchNorm2d(layer.out_channels))

    def forward(self, x):
        y = x
        for i, (name, layer) in enumerate(self.layers, 1):
            y = getattr(self, f'bn{i}')(layer(y))
            y = y if i == len(self.layers) else F.relu6(y)
        return x + y if self.shortcut else y


class TimmMobileNet(nn.Module):
    """mobilenetv2_035 at output stride 16."""

    def __init__(self):
        super().__init__()
        self.conv_stem, self.bn1 = conv(3, 16, 3, 2), nn.BatchNorm2d(16)
        inputs, blocks = 16, []
        for i, (outputs, count, stride) in enumerate([(8, 1, 1), (8, 2, 2), (16, 3, 2), (24, 4, 2), (32, 3, 1), (56, 3, 1), (112, 1, 1)]):
            units = []
            for j in range(count):
                rate = 2 if i == 6 or (i == 5 and j > 0) else 1
                units.append(TimmUnit(inputs, outputs, stride if j == 0 else 1, rate, 6 if i > 0 else 1))
                inputs = outputs
            blocks.append(nn.Sequential(*units))
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        low = self.blocks[:2](F.relu6(self.bn1(self.conv_stem(x))))
        return low, self.blocks[2:](low)


class SmpPlusDecoder(nn.Module):
    def __init__(self, inputs, low, channels):
        super().__init__()
        self.aspp = nn.Sequential(Aspp(inputs, (12, 24, 36), separable_branch, channels), SeparableConv(channels, channels), nn.BatchNorm2d(channels), nn.ReLU())
        self.block1 = conv_bn_relu(low, LOW_LEVEL)
        self.block2 = separable_bn_relu(channels + LOW_LEVEL, channels)

    def forward(self, low, x):
        low = self.block1(low)
        return self.block2(torch.cat([resize(self.aspp(x), low, True), low], 1))


class Smp(nn.Module):
    """DeepLabV3Plus, at output stride 16."""

    def __init__(self, encoder, inputs, low, channels=CHANNELS, classes=CLASSES):
        super().__init__()
        self.encoder, self.decoder = encoder, SmpPlusDecoder(inputs, low, channels)
        self.segmentation_head = nn.Sequential(conv(channels, classes, bias=True))

    def forward(self, x):
        return self.segmentation_head(self.decoder(*self.encoder(x)))


class SmpV3Decoder(nn.Module):
    """Of the newer releases."""

    def __init__(self, inputs):
        super().__init__()
        self.aspp = Aspp(inputs, (12, 24, 36), dense_branch)
        self.conv, self.bn = conv(CHANNELS, CHANNELS, 3), nn.BatchNorm2d(CHANNELS)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(self.aspp(x))))


class SmpV3(nn.Module):
    """DeepLabV3, at output stride 8."""

    def __init__(self, decoder):
        super().__init__()
        self.encoder = ThinResNet((1, 2, 1, 1), ((1,), (1,), (2, 2), (4, 4, 4)))
        self.decoder = decoder
        self.segmentation_head = nn.Sequential(conv(CHANNELS, CLASSES, bias=True))

    def forward(self, x):
        return self.segmentation_head(self.decoder(self.encoder(x)[1]))


def smp_old_decoder():
    return nn.Sequential(Aspp(256, (12, 24, 36), dense_branch), conv(CHANNELS, CHANNELS, 3), nn.BatchNorm2d(CHANNELS), nn.ReLU())


def pad_inputs(features):
    """VainF's units pad their input, before the 1×1 expansion, and the first convolution has no padding."""
    features[0][0].padding = (0, 0)
    for feature in features[1:18]:
        window = feature.conv[-3][0]
        (rate, _), window.padding = window.dilation, (0, 0)
        feature.conv.register_forward_pre_hook(lambda _, inputs, rate=rate: F.pad(inputs[0], [rate] * 4))
    return features


class VainfMobileNet(nn.Module):
    def __init__(self):
        super().__init__()
        features = pad_inputs(dilate(mobilenet_v2(weights=None, width_mult=0.35).features, 1, 2))
        self.low_level_features, self.high_level_features = features[:4], features[4:-1]

    def forward(self, x):
        low = self.low_level_features(x)
        return low, self.high_level_features(low)


class VainfPlusHead(nn.Module):
    def __init__(self, inputs, low, channels=CHANNELS):
        super().__init__()
        self.project = conv_bn_relu(low, LOW_LEVEL)
        self.aspp = Aspp(inputs, (6, 12, 18), dense_branch, channels)
        self.classifier = nn.Sequential(*conv_bn_relu(channels + LOW_LEVEL, channels, 3), conv(channels, CLASSES, bias=True))

    def forward(self, low, x):
        low = self.project(low)
        return self.classifier(torch.cat([low, resize(self.aspp(x), low, False)], 1))


class VainfHead(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.classifier = nn.Sequential(Aspp(inputs, (6, 12, 18), dense_branch), *conv_bn_relu(CHANNELS, CHANNELS, 3), conv(CHANNELS, CLASSES, bias=True))

    def forward(self, _, x):
        return self.classifier(x)


class Vainf(nn.Module):
    def __init__(self, backbone, classifier):
        super().__init__()
        self.backbone, self.classifier = backbone, classifier

    def forward(self, x):
        return self.classifier(*self.backbone(x))


class JfAsppModule(nn.Module):
    def __init__(self, inputs, kernel, rate):
        super().__init__()
        self.atrous_conv, self.bn = conv(inputs, CHANNELS, kernel, 1, rate), nn.BatchNorm2d(CHANNELS)

    def forward(self, x):
        return torch.relu(self.bn(self.atrous_conv(x)))


class JfAspp(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        for i, (kernel, rate) in enumerate([(1, 1), (3, 6), (3, 12), (3, 18)], 1):
            setattr(self, f'aspp{i}', JfAsppModule(inputs, kernel, rate))
        self.global_avg_pool = AsppPooling(inputs, CHANNELS)
        self.conv1, self.bn1 = conv(5 * CHANNELS, CHANNELS), nn.BatchNorm2d(CHANNELS)

    def forward(self, x):
        branches = [self.aspp1(x), self.aspp2(x), self.aspp3(x), self.aspp4(x), self.global_avg_pool(x)]
        return torch.relu(self.bn1(self.conv1(torch.cat(branches, 1))))


class JfDecoder(nn.Module):
    def __init__(self, low):
        super().__init__()
        self.conv1, self.bn1 = conv(low, LOW_LEVEL), nn.BatchNorm2d(LOW_LEVEL)
        first, second = conv_bn_relu(CHANNELS + LOW_LEVEL, CHANNELS, 3), conv_bn_relu(CHANNELS, CHANNELS, 3)
        self.last_conv = nn.Sequential(*first, nn.Dropout(), *second, nn.Dropout(), conv(CHANNELS, CLASSES, bias=True))

    def forward(self, x, low):
        low = torch.relu(self.bn1(self.conv1(low)))
        return self.last_conv(torch.cat([resize(x, low, True), low], 1))


class Jfzhang95(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = ThinResNet((1, 2, 2, 1), ((1,), (1,), (1, 1), (2, 4, 8)))
        self.aspp, self.decoder = JfAspp(256), JfDecoder(32)

    def forward(self, x):
        low, x = self.backbone(x)
        return self.decoder(self.aspp(x), low)


def networks():
    """By library and network."""
    at16 = ((1, 2, 2, 1), ((1,), (1,), (1, 1)))
    block = lambda *rates, **more: ThinResNet(at16[0], (*at16[1], rates), **more)
    basic = lambda: block(2, 2, 2, unit=BasicUnit, expansion=1)
    return {
        'smp DeepLabV3Plus resnet50': Smp(block(2, 2, 2), 256, 32),
        'smp DeepLabV3Plus mobilenet_v2': Smp(SmpMobileNet(), 1280, 8, 256),
        'smp DeepLabV3Plus resnet34': Smp(basic(), 64, 8),
        'smp DeepLabV3Plus resnet34, one class': Smp(basic(), 64, 8, classes=1),
        'smp DeepLabV3Plus tu-resnet50': Smp(TimmEncoder(block(1, 2, 2)), 256, 32),
        'smp DeepLabV3Plus tu-mobilenetv2_035': Smp(TimmEncoder(TimmMobileNet()), 112, 8, 256),
        'smp DeepLabV3 resnet50': SmpV3(SmpV3Decoder(256)),
        'smp DeepLabV3 resnet50, older release': SmpV3(smp_old_decoder()),
        'VainF deeplabv3plus_resnet50': Vainf(block(1, 2, 2), VainfPlusHead(256, 32)),
        'VainF deeplabv3plus_mobilenet': Vainf(VainfMobileNet(), VainfPlusHead(112, 8, 256)),
        'VainF deeplabv3_resnet50': Vainf(block(1, 2, 2), VainfHead(256)),
        'jfzhang95 deeplab resnet': Jfzhang95(),
        'Nakashima deeplabv2, older release': DeepLabV2(V2, 8, ('scale', 'proj', 'stages')),
        'Nakashima deeplabv2, one scale': DeepLabV2(V2, 8, (None, 'shortcut', None)),
        'Nakashima deeplabv1': DeepLabV2({**V2, 'rates': ()}, 8, (None, 'shortcut', None)),
    }
