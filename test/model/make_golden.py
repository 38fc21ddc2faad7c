"""Makes golden logits of whole networks with PyTorch in float64, on the weights and images of seeded.py.
usage: python3 test/model/make_golden.py           (Debian: python3-torch python3-torchvision) -> golden/logits.bin, golden/index.json
       python3 test/model/make_golden.py FAMILY    -> golden/FAMILY.bin, golden/FAMILY.json, of one of FAMILIES
then npm run format, for the .json

logits.bin holds little-endian float32 NHWC, one case after another. index.json holds for each case the options of src/model, the image's
size and the logits' shape. It also holds checksums of the seeded values and the parameters of torchvision's networks."""
import json
import pathlib
import sys

import numpy as np
import torch

import deeplab_v2
import networks
import seeded
import vgg

TORCHVISION = {'multiGrid': [1, 1, 1], 'firstUnitRate': 'previousBlock', 'headConvolution': True}
MOBILE = {'backbone': 'mobilenet_v2', 'depthMultiplier': 0.35, 'firstLayerIsExpansion': True, 'tfPadding': True}
THIN = {'backbone': 'resnet50', 'width': 0.125, 'lastBlock': 4, 'multiGrid': [1, 2, 4], 'aspp': {'rates': [6, 12, 18], 'imagePooling': True}}
CASCADE = {**THIN, 'lastBlock': 7, 'aspp': None}


def cases():
    """(name, options of src/model, network in PyTorch, output strides, image sizes)"""
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


def vgg_cases():
    both = [(65, 65), (97, 129)]
    for head in ('fcn32s', 'fcn16s', 'fcn8s'):
        yield head, {'backbone': 'vgg16', 'head': head, 'outputStride': 32, 'width': 0.125, 'classes': 2}, vgg.network, (32,), both
    atrous = {'backbone': 'vgg16', 'head': 'atrous', 'width': 0.25, 'classes': 5}
    yield 'LargeFOV', {**atrous, 'rates': [12]}, vgg.network, (8, 16), [*both, (96, 130)]
    yield 'VGG-16, multi-scale prediction', {**atrous, 'rates': [12], 'multiScale': True}, vgg.network, (8, 16), [(65, 65), (96, 130)]
    yield 'VGG-16, ASPP', {**atrous, 'rates': [6, 12, 18, 24]}, vgg.network, (8,), both


def v2_cases():
    options = {'backbone': 'deeplabv2_resnet101', 'width': 0.125, 'units': [3, 4, 6, 3], 'rates': [6, 12, 18, 24], 'classes': 21}
    yield 'DeepLab v2', options, deeplab_v2.network, (8, 16), [(65, 65), (97, 129), (96, 130)]


# With the seeded weights as they are, VGG-16 forgets its image, since it has neither batch norm nor residuals.
GAINS = {'vgg': 1.5}
FAMILIES = {'vgg': vgg_cases, 'v2': v2_cases}


def torchvision_parameters(backbone):
    state = networks.torchvision_module(backbone, 8).state_dict()
    return {name: list(value.shape) for name, value in state.items() if not name.endswith('num_batches_tracked')}


def checksum(values):
    """The sum of the float32 values' bits modulo 2^32."""
    return int(values.view(np.uint32).sum(dtype=np.uint64)) & 0xFFFFFFFF


def golden_logits(cases, gain=1):
    parameter = lambda name, shape: torch.from_numpy(seeded.parameter(name, shape) * np.float32(gain if len(shape) == 4 else 1)).double()
    for name, options, network, output_strides, sizes in cases():
        for output_stride in output_strides:
            for height, width in sizes:
                image = torch.from_numpy(seeded.image(height, width)).double().permute(0, 3, 1, 2)
                logits = network(options, output_stride, parameter, image).permute(0, 2, 3, 1)
                values = np.ascontiguousarray(logits.numpy().astype('<f4'))
                entry = {'name': name, 'options': options, 'outputStride': output_stride, 'height': height, 'width': width, 'shape': list(values.shape)}
                print(name, output_stride, values.shape, f'deviation {values.std():.3g}, largest {np.abs(values).max():.3g}')
                yield entry, values


if __name__ == '__main__':
    folder = pathlib.Path(__file__).parent / 'golden'
    folder.mkdir(exist_ok=True)
    family = sys.argv[1] if len(sys.argv) > 1 else None
    with torch.no_grad():
        made = list(golden_logits(FAMILIES[family], GAINS.get(family, 1)) if family else golden_logits(cases))
    (folder / f'{family or "logits"}.bin').write_bytes(b''.join(values.tobytes() for _, values in made))
    entries = [entry | ({'gain': GAINS[family]} if family in GAINS else {}) for entry, _ in made]
    samples = [('backbone.conv1.weight', (64, 3, 7, 7)), ('backbone.bn1.weight', (64,)), ('backbone.bn1.running_mean', (64,)),
               ('mobilenet_v2.layer.3.conv_3x3.convolution.weight', (192, 1, 3, 3)), ('backbone.layer4.0.conv2.weight', (512, 512, 3, 3))]
    index = entries if family else {
        'cases': entries,
        'checksums': [{'name': name, 'shape': list(shape), 'sum': checksum(seeded.parameter(name, shape))} for name, shape in samples],
        'imageChecksum': {'height': 97, 'width': 129, 'sum': checksum(seeded.image(97, 129))},
        'torchvisionParameters': {f'deeplabv3_{name}': torchvision_parameters(name) for name in ('resnet50', 'resnet101')},
    }
    (folder / f'{family or "index"}.json').write_text(json.dumps(index) + '\n')
