"""Makes golden logits of whole networks with PyTorch in float64, on the weights and images of seeded.py.
usage: python3 test/model/make_golden.py [FAMILY ...]   (Debian: python3-torch python3-torchvision) -> golden/FAMILY.bin, golden/FAMILY.json
then npm run format, for the JSON; without arguments, all families

FAMILY.bin holds little-endian float32 NHWC, one case after another. FAMILY.json holds for each case the options of src/model, the image's
size and the logits' shape. seeded.json holds checksums of the seeded values; torchvision.json holds the parameters of its networks."""
import json
import pathlib
import sys

import numpy as np
import torch

import deeplab_v2
import networks
from configs import BASIC, CASCADE, DECODER, EARLY, FCN, MOBILE, MOBILE_PLUS, PLUS, SEPARABLE, THIN, TORCHVISION, XCEPTION
import seeded
import vgg


def plus():
    """DeepLabv3+ and torchvision's FCN."""
    both = [(65, 65), (97, 129)]
    for backbone in ('resnet50', 'resnet101'):
        yield f'fcn_{backbone}', {'backbone': backbone, **FCN}, networks.torchvision_network, (8, 16), both
    yield 'decoder', PLUS, networks.paper_network, (8, 16), both
    pointwise = {**PLUS, 'alignCorners': False, 'headConvolution': True, 'aspp': {**SEPARABLE, 'separable': 'pointwise'},
                 'decoder': {**DECODER, 'first': 'lowLevel', 'convolutions': 1, 'separable': 'pointwise'}}
    yield 'decoder, one separable convolution, half pixels', pointwise, networks.paper_network, (16,), [(97, 129), (96, 130)]
    yield 'decoder at stride 8', {**PLUS, 'decoder': {**DECODER, 'lowLevelStride': 8, 'separable': 'both'}}, networks.paper_network, (16,), both
    yield 'decoder of two stages', {**PLUS, 'decoder': {**DECODER, 'convolutions': 1, 'stages': 2}}, networks.paper_network, (8, 16), both
    narrow = {**PLUS, 'decoder': {**DECODER, 'convolutions': 1, 'kernel': 1, 'channels': 20}}
    yield 'decoder of 1×1 convolutions and fewer channels', narrow, networks.paper_network, (16,), [(96, 130)]
    yield 'mobilenet_v2, decoder of two stages', {**MOBILE_PLUS, 'decoder': {**MOBILE_PLUS['decoder'], 'convolutions': 1, 'stages': 2}}, networks.mobilenet_v2, (16,), [(97, 129)]
    yield 'mobilenet_v2, decoder', MOBILE_PLUS, networks.mobilenet_v2, (8, 16, 32), both
    dense = {**MOBILE_PLUS, 'firstUnitRate': 'block', 'tfPadding': False, 'aspp': THIN['aspp'], 'decoder': {**DECODER, 'lowLevelStride': 8}}
    yield 'mobilenet_v2, dense decoder at stride 8', dense, networks.mobilenet_v2, (16,), [(96, 130)]
    yield 'xception65, decoder of two stages', {**XCEPTION, 'decoder': {**DECODER, 'stages': 2}}, networks.xception, (16,), [(65, 65)]
    yield 'xception65', XCEPTION, networks.xception, (8, 16), both
    yield 'xception65, multi-grid 1 2 4', {**XCEPTION, 'multiGrid': [1, 2, 4]}, networks.xception, (16, 32), [(96, 130)]


def deeplabv3():
    both = [(65, 65), (97, 129)]
    for backbone in ('resnet50', 'resnet101'):
        yield f'deeplabv3_{backbone}', {'backbone': backbone, **TORCHVISION}, networks.torchvision_network, (8, 16), both
    yield 'mobilenet_v2', MOBILE, networks.mobilenet_v2, (8, 16, 32), both
    # Maps of even size, for which SAME padding is asymmetric and strides drop the last pixel.
    yield 'mobilenet_v2', MOBILE, networks.mobilenet_v2, (16,), [(96, 130)]
    yield 'mobilenet_v2 symmetric', {**MOBILE, 'tfPadding': False, 'firstLayerIsExpansion': False}, networks.mobilenet_v2, (16,), [(96, 130)]
    yield 'multi-grid 1 2 4, ASPP', THIN, networks.paper_network, (8, 16), [(97, 129), (96, 130)]
    four = {**THIN, 'multiGrid': [1, 2, 1], 'aspp': {'rates': [6, 12, 18, 24], 'imagePooling': False}}
    yield 'multi-grid 1 2 1, four rates', four, networks.paper_network, (16,), [(97, 129)]
    yield 'block7, multi-grid 1 2 4', CASCADE, networks.paper_network, (16, 256), [(97, 129)]
    yield 'block7, multi-grid 1 1 1', {**CASCADE, 'multiGrid': [1, 1, 1]}, networks.paper_network, (8, 64), [(97, 129)]


def vgg16():
    both = [(65, 65), (97, 129)]
    for head in ('fcn32s', 'fcn16s', 'fcn8s'):
        yield head, {'backbone': 'vgg16', 'head': head, 'outputStride': 32, 'width': 0.125, 'classes': 2}, vgg.network, (32,), both
    atrous = {'backbone': 'vgg16', 'head': 'atrous', 'width': 0.25, 'classes': 5}
    yield 'LargeFOV', {**atrous, 'rates': [12]}, vgg.network, (8, 16), [*both, (96, 130)]
    yield 'VGG-16, multi-scale prediction', {**atrous, 'rates': [12], 'multiScale': True}, vgg.network, (8, 16), [(65, 65), (96, 130)]
    yield 'VGG-16, ASPP', {**atrous, 'rates': [6, 12, 18, 24]}, vgg.network, (8,), both


def v2():
    options = {'backbone': 'deeplabv2_resnet101', 'width': 0.125, 'units': [3, 4, 6, 3], 'rates': [6, 12, 18, 24], 'classes': 21}
    yield 'DeepLab v2', options, deeplab_v2.network, (8, 16), [(65, 65), (97, 129), (96, 130)]
    yield 'DeepLab v2 without ASPP', {**options, 'rates': []}, deeplab_v2.network, (8, 16), [(65, 65)]


def variants():
    """ResNets of basic units, and VainF's MobileNetV2."""
    both = [(65, 65), (97, 129)]
    yield 'resnet18', BASIC, networks.paper_network, (8, 16, 32), both
    yield 'resnet34, rates of timm', {**BASIC, 'backbone': 'resnet34', 'multiGrid': [1, 1, 1], 'firstUnitRate': 'previousBlock'}, networks.paper_network, (8, 16), [(96, 130)]
    yield 'mobilenet_v2, padding before the expansion', EARLY, networks.mobilenet_v2, (8, 16), [(65, 65), (96, 130)]


def torchvision_parameters(backbone):
    state = networks.torchvision_module(backbone, 8).state_dict()
    return {name: list(value.shape) for name, value in state.items() if not name.endswith('num_batches_tracked')}


def checksum(values):
    """The sum of the float32 values' bits modulo 2^32."""
    return int(values.view(np.uint32).sum(dtype=np.uint64)) & 0xFFFFFFFF


def golden_logits(cases, gain):
    """(entry of the JSON, logits) of each case: (name, options of src/model, network in PyTorch, output strides, image sizes). gain: a
    factor on the seeded weights of convolutions."""
    parameter = lambda name, shape: torch.from_numpy(seeded.parameter(name, shape) * np.float32(gain if len(shape) == 4 else 1)).double()
    for name, options, network, output_strides, sizes in cases:
        for output_stride in output_strides:
            for height, width in sizes:
                image = torch.from_numpy(seeded.image(height, width)).double().permute(0, 3, 1, 2)
                logits = network(options, output_stride, parameter, image).permute(0, 2, 3, 1)
                values = np.ascontiguousarray(logits.numpy().astype('<f4'))
                entry = {'name': name, 'options': options, 'outputStride': output_stride, 'height': height, 'width': width, 'shape': list(values.shape)}
                print(name, output_stride, values.shape, f'deviation {values.std():.3g}, largest {np.abs(values).max():.3g}')
                yield entry, values


FAMILIES = {'deeplabv3': deeplabv3, 'plus': plus, 'vgg': vgg16, 'v2': v2, 'variants': variants}
# With the seeded weights as they are, VGG-16 forgets its image, since it has neither batch norm nor residuals.
GAINS = {'vgg': 1.5}


def seeded_checksums():
    samples = [('backbone.conv1.weight', (64, 3, 7, 7)), ('backbone.bn1.weight', (64,)), ('backbone.bn1.running_mean', (64,)),
               ('mobilenet_v2.layer.3.conv_3x3.convolution.weight', (192, 1, 3, 3)), ('backbone.layer4.0.conv2.weight', (512, 512, 3, 3))]
    return {'parameters': [{'name': name, 'shape': list(shape), 'sum': checksum(seeded.parameter(name, shape))} for name, shape in samples],
            'image': {'height': 97, 'width': 129, 'sum': checksum(seeded.image(97, 129))}}


if __name__ == '__main__':
    folder = pathlib.Path(__file__).parent / 'golden'
    folder.mkdir(exist_ok=True)
    write = lambda name, value: (folder / name).write_text(json.dumps(value) + '\n')
    for family in sys.argv[1:] or FAMILIES:
        gain = GAINS.get(family, 1)
        with torch.no_grad():
            made = list(golden_logits(FAMILIES[family](), gain))
        (folder / f'{family}.bin').write_bytes(b''.join(values.tobytes() for _, values in made))
        write(f'{family}.json', [entry | ({} if gain == 1 else {'gain': gain}) for entry, _ in made])
    write('seeded.json', seeded_checksums())
    write('torchvision.json', {f'deeplabv3_{name}': torchvision_parameters(name) for name in ('resnet50', 'resnet101')})
