"""DeepLab v2 on ResNet-101 in PyTorch, written from the paper, independently of src/model."""
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


def layer(inputs, outputs, kernel, stride=1, rate=1):
    padding = (kernel - 1) // 2 * rate
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, rate, bias=False)
    return nn.Sequential(OrderedDict(conv=convolution, bn=nn.BatchNorm2d(outputs)))


class Bottleneck(nn.Module):
    def __init__(self, inputs, inner, stride, rate, shortcut):
        """`shortcut` is the name of the projection, or None without one."""
        super().__init__()
        self.reduce = layer(inputs, inner, 1, stride)
        self.conv3x3 = layer(inner, inner, 3, 1, rate)
        self.increase = layer(inner, 4 * inner, 1)
        self.shortcut_name = shortcut
        if shortcut:
            setattr(self, shortcut, layer(inputs, 4 * inner, 1, stride))

    def forward(self, x):
        y = self.increase(F.relu(self.conv3x3(F.relu(self.reduce(x)))))
        return F.relu(y + (getattr(self, self.shortcut_name)(x) if self.shortcut_name else x))


class DeepLabV2(nn.Module):
    """`options` are those of src/model/backbones/deeplab_v2_config.ts, as a dict. `names` are those of the whole network, of a unit's
    projection, and of the module around the classifiers, if there is one."""

    def __init__(self, options, output_stride, names=('base', 'shortcut', None)):
        super().__init__()
        root, shortcut, around = names
        scaled = lambda channels: 4 * max(1, round(channels * options['width'] / 4))
        base = OrderedDict(layer1=nn.Sequential(OrderedDict(conv1=layer(3, scaled(64), 7, 2), relu=nn.ReLU(), pool=nn.MaxPool2d(3, 2, 1, ceil_mode=True))))
        inputs = scaled(64)
        at8, at16 = [(1, 1), (2, 1), (1, 2), (1, 4)], [(1, 1), (2, 1), (2, 1), (1, 2)]
        for block, (stride, rate) in enumerate(at8 if output_stride == 8 else at16):
            inner = scaled(64 * 2 ** block)
            units = {}
            for i in range(options['units'][block]):
                units[f'block{i + 1}'] = Bottleneck(inputs, inner, stride if i == 0 else 1, rate, shortcut if i == 0 else None)
                inputs = 4 * inner
            base[f'layer{block + 2}'] = nn.Sequential(OrderedDict(**units))
        rates = [rate * 8 // output_stride for rate in options['rates']]
        aspp = {f'c{i}': nn.Conv2d(inputs, options['classes'], 3, 1, rate, rate) for i, rate in enumerate(rates)}
        self.layers = list(base.values())
        if not rates:
            base['fc'] = nn.Conv2d(inputs, options['classes'], 1)
        self.classifiers = list(aspp.values()) or [base['fc']]
        if rates:
            base['aspp'] = nn.ModuleDict({around: nn.ModuleDict(aspp)} if around else aspp)
        if root:
            base = {root: nn.ModuleDict(base)}
        for name, module in base.items():
            self.add_module(name, module)

    def forward(self, image):
        x = image
        for layer in self.layers:
            x = layer(x)
        return sum(classifier(x) for classifier in self.classifiers)


def network(options, output_stride, parameter, x):
    module = DeepLabV2(options, output_stride).to(x.dtype).eval()
    for name, value in module.state_dict().items():
        if value.is_floating_point():
            value.copy_(parameter(name, tuple(value.shape)))
    return module(x)
