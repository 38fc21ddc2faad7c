"""The networks in PyTorch, written from the papers and from torchvision, independently of src/model. Each function takes the options of
src/model/config.ts as a dict, an output stride, a function (name, shape) -> tensor for the parameters, and an NCHW image."""
import torch
import torch.nn.functional as F
from torchvision.models import resnet
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.segmentation.deeplabv3 import ASPP, DeepLabHead, DeepLabV3
from torchvision.models.segmentation.fcn import FCN, FCNHead


def torchvision_module(backbone, output_stride):
    """deeplabv3_resnet50 or 101 as torchvision builds it, at output stride 8 or 16."""
    replace = {8: [False, True, True], 16: [False, False, True]}[output_stride]
    features = getattr(resnet, backbone)(weights=None, replace_stride_with_dilation=replace)
    head = DeepLabHead(2048, 21)
    if output_stride == 16:
        head[0] = ASPP(2048, [6, 12, 18])
    return DeepLabV3(IntermediateLayerGetter(features, {'layer4': 'out'}), head).eval()


def fcn_module(backbone, output_stride):
    """fcn_resnet50 or 101 as torchvision builds it, without its auxiliary head, at output stride 8 or 16."""
    replace = {8: [False, True, True], 16: [False, False, True]}[output_stride]
    features = getattr(resnet, backbone)(weights=None, replace_stride_with_dilation=replace)
    return FCN(IntermediateLayerGetter(features, {'layer4': 'out'}), FCNHead(2048, 21)).eval()


def torchvision_network(options, output_stride, parameter, x):
    make = fcn_module if options.get('fcn') else torchvision_module
    module = make(options['backbone'], output_stride).to(x.dtype)
    state = module.state_dict()
    for name, value in state.items():
        if not name.endswith('num_batches_tracked'):
            value.copy_(parameter(name, tuple(value.shape)))
    return module.classifier(module.backbone(x)['out'])


def conv_bn(parameter, x, names, channels, kernel, stride=1, rate=1, groups=1, eps=1e-5, same=False, valid=False):
    """Convolution with PyTorch's symmetric, TensorFlow's SAME or no (valid) padding, then batch norm. names: (convolution, batch norm)."""
    conv, norm = names
    pads = []
    for size in (x.shape[3], x.shape[2]):
        reach = (kernel - 1) * rate
        total = max(0, (-(-size // stride) - 1) * stride + reach + 1 - size) if same else reach
        pads += [0, 0] if valid else [total // 2, total - total // 2]
    weight = parameter(f'{conv}.weight', (channels, x.shape[1] // groups, kernel, kernel))
    x = F.conv2d(F.pad(x, pads), weight, None, stride, 0, rate, groups)
    mean, var, gamma, beta = (parameter(f'{norm}.{v}', (channels,)) for v in ('running_mean', 'running_var', 'weight', 'bias'))
    return F.batch_norm(x, mean, var, gamma, beta, False, 0, eps)


def classifier(parameter, x, name, classes=21):
    return F.conv2d(x, parameter(f'{name}.weight', (classes, x.shape[1], 1, 1)), parameter(f'{name}.bias', (classes,)))


def paper_network(options, output_stride, parameter, x):
    """DeepLabv3 by the paper: multi-grid and cascaded blocks on a thin ResNet (v1.5), then ASPP without torchvision's extra convolution.
    Basic units have their rates as in timm."""
    units, basic = {'resnet18': ([2, 2, 2, 2], True), 'resnet34': ([3, 4, 6, 3], True), 'resnet50': ([3, 4, 6, 3], False), 'resnet101': ([3, 4, 23, 3], False)}[options['backbone']]
    unit = lambda x, name, index, *rest, **more: conv_bn(parameter, x, (f'{name}.conv{index}', f'{name}.bn{index}'), *rest, **more)
    thin = lambda channels: int(channels * options['width'])
    x = F.max_pool2d(torch.relu(unit(x, 'backbone', 1, thin(64), 7, 2)), 3, 2, 1)
    low_levels = {}
    for block in range(1, options['lastBlock'] + 1):
        natural = 2 ** (block + 1)  # the block's output stride without atrous convolution
        base = max(1, natural // output_stride)
        stride = 2 if 1 < block and natural <= output_stride else 1
        inner = thin([64, 128, 256, 512][min(block, 4) - 1])
        for i in range(units[min(block, 4) - 1]):
            name = f'backbone.layer{block}.{i}'
            grid = options['multiGrid'][i] if block >= 4 else 1
            previous = max(1, natural // 2 // output_stride)
            rate, first_rate = base * grid, grid * (previous if i == 0 and options.get('firstUnitRate') == 'previousBlock' else base)
            stride_here = stride if i == 0 else 1
            if basic:
                y = torch.relu(unit(x, name, 1, inner, 3, stride_here, first_rate))
                y = unit(y, name, 2, inner, 3, 1, rate)
            else:
                y = torch.relu(unit(x, name, 1, inner, 1))
                y = torch.relu(unit(y, name, 2, inner, 3, stride_here, first_rate))
                y = unit(y, name, 3, 4 * inner, 1)
            if i == 0 and not (basic and block == 1):
                x = conv_bn(parameter, x, (f'{name}.downsample.0', f'{name}.downsample.1'), y.shape[1], 1, stride_here)
            x = torch.relu(x + y)
        if block <= 2:
            low_levels[natural] = x
    return head(options, output_stride, parameter, x, low_levels, thin(256), 1e-5)


def separable(parameter, x, names, channels, kind, rate=1, eps=1e-5, kernel=3):
    """ReLU of a convolution with batch norm: dense if kind is None, else depthwise and pointwise, with batch norm and ReLU after both
    ('both') or after the pointwise convolution alone ('pointwise')."""
    conv, norm = names
    if kind is None:
        return torch.relu(conv_bn(parameter, x, names, channels, kernel, 1, rate, eps=eps))
    if kind == 'both':
        x = torch.relu(conv_bn(parameter, x, (f'{conv}.depthwise', f'{conv}.depthwise_norm'), x.shape[1], kernel, 1, rate, x.shape[1], eps))
    else:
        x = F.conv2d(x, parameter(f'{conv}.depthwise.weight', (x.shape[1], 1, kernel, kernel)), None, 1, rate * (kernel // 2), rate, x.shape[1])
    return torch.relu(conv_bn(parameter, x, (f'{conv}.pointwise', norm), channels, 1, eps=eps))


def refine(options, parameter, x, low_level, stage, filters, eps):
    """A stage of DeepLabv3+'s decoder."""
    decoder = options['decoder']
    part = lambda name: (f'{stage}.{name}.0', f'{stage}.{name}.1')
    low_level = torch.relu(conv_bn(parameter, low_level, part('project'), decoder['lowLevelChannels'], 1, eps=eps))
    x = F.interpolate(x, low_level.shape[2:], mode='bilinear', align_corners=options['alignCorners'])
    x = torch.cat([x, low_level] if decoder['first'] == 'encoder' else [low_level, x], 1)
    for i in range(decoder['convolutions']):
        x = separable(parameter, x, part(f'convs.{i}'), decoder['channels'] or filters, decoder['separable'], eps=eps, kernel=decoder['kernel'])
    return x


def head(options, output_stride, parameter, x, low_levels, filters, eps, name='classifier.4'):
    """ASPP, torchvision's 3×3 convolution and DeepLabv3+'s decoder, as the options have them, and the classifier."""
    aspp, decoder = options['aspp'], options.get('decoder')
    if aspp:
        x = paper_aspp(aspp, output_stride, parameter, x, filters, eps)
    if options.get('headConvolution'):
        x = separable(parameter, x, ('classifier.1', 'classifier.2'), filters, aspp.get('separable'), eps=eps)
    if decoder and decoder['stages'] == 2:
        x = refine(options, parameter, x, low_levels[8], 'decoder.coarse', filters, eps)
    if decoder:
        x = refine(options, parameter, x, low_levels[decoder['lowLevelStride']], 'decoder', filters, eps)
    return classifier(parameter, x, name)


def paper_aspp(aspp, output_stride, parameter, x, filters, eps):
    names = lambda *path: tuple('.'.join(('classifier.0', *path[:-1], str(i + path[-1]))) for i in (0, 1))
    branches = [torch.relu(conv_bn(parameter, x, names('convs', '0', 0), filters, 1, eps=eps))]
    for i, rate in enumerate(aspp['rates'], 1):
        rate = {8: 2 * rate, 16: rate, 32: rate // 2}[output_stride]
        branches.append(separable(parameter, x, names('convs', str(i), 0), filters, aspp.get('separable'), rate, eps))
    if aspp['imagePooling']:
        pooled = torch.relu(conv_bn(parameter, x.mean((2, 3), keepdim=True), names('convs', str(len(branches)), 1), filters, 1, eps=eps))
        branches.append(pooled.expand_as(branches[0]))
    return torch.relu(conv_bn(parameter, torch.cat(branches, 1), names('project', 0), filters, 1, eps=eps))


def mobilenet_v2(options, output_stride, parameter, x):
    """Hugging Face's MobileNetV2ForSemanticSegmentation, which multiplies the rate after a layer that loses its stride. With padsBeforeExpansion
    as VainF's: units pad their input, and the first convolution has no padding."""
    early = options.get('padsBeforeExpansion', False)
    def scaled(channels):
        value = round(channels * options['depthMultiplier'])
        nearest = max(8, (value + 4) // 8 * 8)
        return nearest + 8 if nearest < 0.9 * value else nearest

    def layer(x, name, *rest, **more):
        return conv_bn(parameter, x, (f'{name}.convolution', f'{name}.normalization'), *rest, **{'eps': 1e-3, 'same': options['tfPadding'], **more})

    depthwise = lambda x, name, stride=1, rate=1, **more: layer(x, name, x.shape[1], 3, stride, rate, x.shape[1], **more).clamp(0, 6)
    stem = 'mobilenet_v2.conv_stem'
    x = layer(x, f'{stem}.first_conv', scaled(32), 3, 2, valid=early).clamp(0, 6)
    if not options['firstLayerIsExpansion']:
        x = layer(x, f'{stem}.expand_1x1', scaled(32), 1).clamp(0, 6)
    x = layer(depthwise(x, f'{stem}.conv_3x3'), f'{stem}.reduce_1x1', scaled(16), 1)
    current, rate = 2, 1
    at_stride = {}
    for i, (channels, natural) in enumerate([(24, 2), (24, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1), (64, 1),
                                             (96, 1), (96, 1), (96, 1), (160, 2), (160, 1), (160, 1), (320, 1)]):
        stride, rate_here = (1, rate) if current == output_stride else (natural, 1)
        current, rate = (current, rate * natural) if current == output_stride else (current * natural, rate)
        if options.get('firstUnitRate') == 'block':
            rate_here = rate
        name = f'mobilenet_v2.layer.{i}'
        y = layer(F.pad(x, [rate_here] * 4) if early else x, f'{name}.expand_1x1', 6 * x.shape[1], 1).clamp(0, 6)
        y = layer(depthwise(y, f'{name}.conv_3x3', stride, rate_here, valid=early), f'{name}.reduce_1x1', scaled(channels), 1)
        x = x + y if stride == 1 and x.shape == y.shape else y
        if i in (1, 4):
            at_stride[{1: 4, 4: 8}[i]] = x
    if options.get('aspp'):
        return head(options, output_stride, parameter, x, at_stride, 256, 1e-5, 'segmentation_head.classifier.convolution')
    light = lambda x, part: torch.relu(layer(x, f'segmentation_head.{part}', 256, 1, eps=1e-5))
    pooled = light(x.mean((2, 3), keepdim=True), 'conv_pool').expand(-1, -1, *x.shape[2:])
    x = light(torch.cat([pooled, light(x, 'conv_aspp')], 1), 'conv_projection')
    return classifier(parameter, x, 'segmentation_head.classifier.convolution')


def xception(options, output_stride, parameter, x):
    """DeepLabv3+'s modified aligned Xception-65, with timm's names: ReLU before each separable convolution, but after both parts of it in the
    last block. The shortcut of the entry and exit flow is a 1×1 convolution of the block's input before ReLU."""
    eps = 1e-3
    thin = lambda channels: 4 * max(1, int(channels * options['width'] / 4 + 0.5))
    unit = lambda x, name, suffix, *rest: conv_bn(parameter, x, (f'{name}.conv{suffix}', f'{name}.bn{suffix}'), *rest, eps=eps)
    for i, (channels, stride) in enumerate([(32, 2), (64, 1)]):
        x = torch.relu(conv_bn(parameter, x, (f'backbone.stem.{i}.conv', f'backbone.stem.{i}.bn'), thin(channels), 3, stride, eps=eps))
    entry = [([c] * 3, 2, 'projection') for c in (128, 256, 728)]
    middle = [([728] * 3, 1, 'identity')] * 16
    leaving = [([728, 1024, 1024], 2, 'projection'), ([1536, 1536, 2048], 1, None)]
    current, rate = 2, 1
    at_stride = {}
    for i, (channels, natural, shortcut) in enumerate(entry + middle + leaving):
        strided = natural == 2 and current < output_stride
        y = x
        for j, count in enumerate(channels):
            name = f'backbone.blocks.{i}.stack.conv{j + 1}'
            rate_here = rate * (options['multiGrid'][j] if shortcut is None else 1)
            if shortcut is not None:
                y = torch.relu(y)
            y = unit(y, name, '_dw', y.shape[1], 3, 2 if strided and j == 2 else 1, rate_here, y.shape[1])
            y = unit(torch.relu(y) if shortcut is None else y, name, '_pw', thin(count), 1)
            if shortcut is None:
                y = torch.relu(y)
            if j == 1 and natural == 2:
                at_stride.setdefault(current, y)
        if shortcut == 'projection':
            x = y + unit(x, f'backbone.blocks.{i}.shortcut', '', thin(channels[2]), 1, 2 if strided else 1)
        else:
            x = y if shortcut is None else x + y
        if strided:
            current *= 2
        else:
            rate *= natural
    return head(options, output_stride, parameter, x, at_stride, thin(256), eps)
