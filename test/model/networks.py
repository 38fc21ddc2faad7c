"""The networks in PyTorch, written from the papers and from torchvision, independently of src/model. Each function takes the options of
src/model/config.ts as a dict, an output stride, a function (name, shape) -> tensor for the parameters, and an NCHW image."""
import torch
import torch.nn.functional as F
from torchvision.models import resnet
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.segmentation.deeplabv3 import ASPP, DeepLabHead, DeepLabV3


def torchvision_module(backbone, output_stride):
    """deeplabv3_resnet50 or 101 as torchvision builds it, at output stride 8 or 16."""
    replace = {8: [False, True, True], 16: [False, False, True]}[output_stride]
    features = getattr(resnet, backbone)(weights=None, replace_stride_with_dilation=replace)
    head = DeepLabHead(2048, 21)
    if output_stride == 16:
        head[0] = ASPP(2048, [6, 12, 18])
    return DeepLabV3(IntermediateLayerGetter(features, {'layer4': 'out'}), head).eval()


def torchvision_network(options, output_stride, parameter, x):
    module = torchvision_module(options['backbone'], output_stride).to(x.dtype)
    state = module.state_dict()
    for name, value in state.items():
        if not name.endswith('num_batches_tracked'):
            value.copy_(parameter(name, tuple(value.shape)))
    return module.classifier(module.backbone(x)['out'])


def conv_bn(parameter, x, names, channels, kernel, stride=1, rate=1, groups=1, eps=1e-5, same=False):
    """Convolution with PyTorch's symmetric or TensorFlow's SAME padding, then batch norm. names: (convolution, batch norm)."""
    conv, norm = names
    pads = []
    for size in (x.shape[3], x.shape[2]):
        reach = (kernel - 1) * rate
        total = max(0, (-(-size // stride) - 1) * stride + reach + 1 - size) if same else reach
        pads += [total // 2, total - total // 2]
    weight = parameter(f'{conv}.weight', (channels, x.shape[1] // groups, kernel, kernel))
    x = F.conv2d(F.pad(x, pads), weight, None, stride, 0, rate, groups)
    mean, var, gamma, beta = (parameter(f'{norm}.{v}', (channels,)) for v in ('running_mean', 'running_var', 'weight', 'bias'))
    return F.batch_norm(x, mean, var, gamma, beta, False, 0, eps)


def classifier(parameter, x, name, classes=21):
    return F.conv2d(x, parameter(f'{name}.weight', (classes, x.shape[1], 1, 1)), parameter(f'{name}.bias', (classes,)))


def paper_network(options, output_stride, parameter, x):
    """DeepLabv3 by the paper: multi-grid and cascaded blocks on a thin ResNet (v1.5), then ASPP without torchvision's extra convolution."""
    unit = lambda x, name, index, *rest, **more: conv_bn(parameter, x, (f'{name}.conv{index}', f'{name}.bn{index}'), *rest, **more)
    thin = lambda channels: int(channels * options['width'])
    x = F.max_pool2d(torch.relu(unit(x, 'backbone', 1, thin(64), 7, 2)), 3, 2, 1)
    for block in range(1, options['lastBlock'] + 1):
        natural = 2 ** (block + 1)  # the block's output stride without atrous convolution
        base = max(1, natural // output_stride)
        stride = 2 if 1 < block and natural <= output_stride else 1
        inner = thin([64, 128, 256, 512][min(block, 4) - 1])
        for i in range({'resnet50': [3, 4, 6, 3], 'resnet101': [3, 4, 23, 3]}[options['backbone']][min(block, 4) - 1]):
            name = f'backbone.layer{block}.{i}'
            rate = base * options['multiGrid'][i] if block >= 4 else base
            stride_here = stride if i == 0 else 1
            y = torch.relu(unit(x, name, 1, inner, 1))
            y = torch.relu(unit(y, name, 2, inner, 3, stride_here, rate))
            y = unit(y, name, 3, 4 * inner, 1)
            if i == 0:
                x = conv_bn(parameter, x, (f'{name}.downsample.0', f'{name}.downsample.1'), 4 * inner, 1, stride_here)
            x = torch.relu(x + y)
    if options['aspp']:
        x = paper_aspp(options['aspp'], output_stride, parameter, x, thin(256))
    return classifier(parameter, x, 'classifier.4')


def paper_aspp(aspp, output_stride, parameter, x, filters):
    names = lambda *path: tuple('.'.join(('classifier.0', *path[:-1], str(i + path[-1]))) for i in (0, 1))
    branches = [torch.relu(conv_bn(parameter, x, names('convs', '0', 0), filters, 1))]
    for i, rate in enumerate(aspp['rates'], 1):
        rate = {8: 2 * rate, 16: rate}[output_stride]
        branches.append(torch.relu(conv_bn(parameter, x, names('convs', str(i), 0), filters, 3, 1, rate)))
    if aspp['imagePooling']:
        pooled = torch.relu(conv_bn(parameter, x.mean((2, 3), keepdim=True), names('convs', str(len(branches)), 1), filters, 1))
        branches.append(pooled.expand_as(branches[0]))
    return torch.relu(conv_bn(parameter, torch.cat(branches, 1), names('project', 0), filters, 1))


def mobilenet_v2(options, output_stride, parameter, x):
    """Hugging Face's MobileNetV2ForSemanticSegmentation, which multiplies the rate after a layer that loses its stride."""
    def scaled(channels):
        value = round(channels * options['depthMultiplier'])
        nearest = max(8, (value + 4) // 8 * 8)
        return nearest + 8 if nearest < 0.9 * value else nearest

    def layer(x, name, *rest, **more):
        return conv_bn(parameter, x, (f'{name}.convolution', f'{name}.normalization'), *rest, **{'eps': 1e-3, 'same': options['tfPadding'], **more})

    depthwise = lambda x, name, stride=1, rate=1: layer(x, name, x.shape[1], 3, stride, rate, x.shape[1]).clamp(0, 6)
    stem = 'mobilenet_v2.conv_stem'
    x = layer(x, f'{stem}.first_conv', scaled(32), 3, 2).clamp(0, 6)
    if not options['firstLayerIsExpansion']:
        x = layer(x, f'{stem}.expand_1x1', scaled(32), 1).clamp(0, 6)
    x = layer(depthwise(x, f'{stem}.conv_3x3'), f'{stem}.reduce_1x1', scaled(16), 1)
    current, rate = 2, 1
    for i, (channels, natural) in enumerate([(24, 2), (24, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1), (64, 1),
                                             (96, 1), (96, 1), (96, 1), (160, 2), (160, 1), (160, 1), (320, 1)]):
        stride, rate_here = (1, rate) if current == output_stride else (natural, 1)
        current, rate = (current, rate * natural) if current == output_stride else (current * natural, rate)
        name = f'mobilenet_v2.layer.{i}'
        y = layer(x, f'{name}.expand_1x1', 6 * x.shape[1], 1).clamp(0, 6)
        y = layer(depthwise(y, f'{name}.conv_3x3', stride, rate_here), f'{name}.reduce_1x1', scaled(channels), 1)
        x = x + y if stride == 1 and x.shape == y.shape else y
    head = lambda x, part: torch.relu(layer(x, f'segmentation_head.{part}', 256, 1, eps=1e-5))
    pooled = head(x.mean((2, 3), keepdim=True), 'conv_pool').expand(-1, -1, *x.shape[2:])
    x = head(torch.cat([pooled, head(x, 'conv_aspp')], 1), 'conv_projection')
    return classifier(parameter, x, 'segmentation_head.classifier.convolution')
