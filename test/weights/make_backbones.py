"""Makes golden features of torchvision's classification networks in float64, on the seeded weights and images of test/model/seeded.py.
usage: python3 test/weights/make_backbones.py   (Debian: python3-torch python3-torchvision) -> golden/backbones.json
then npm run format. Each case has the names and shapes of the state dict, the image's size, and the first channels of the features, NHWC."""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torchvision.models import mobilenet_v2, vgg

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'model'))
import seeded

CHANNELS = 16
# With the seeded weights as they are, VGG-16 forgets its image, since it has neither batch norm nor residuals.
GAIN = 1.5


def thin_vgg16():
    """torchvision's VGG-16 with an eighth of its channels."""
    thin = [value if value == 'M' else value // 8 for value in vgg.cfgs['D']]
    module = vgg.VGG(vgg.make_layers(thin), init_weights=False)
    module.classifier[0], module.classifier[3], module.classifier[6] = torch.nn.Linear(64 * 49, 512), torch.nn.Linear(512, 512), torch.nn.Linear(512, 10)
    return module


def with_seeded_weights(module, gain=1):
    for name, value in module.state_dict().items():
        if value.is_floating_point():
            # A fully connected layer's weight is drawn as that of a convolution.
            shape = tuple(value.shape) + (1, 1) * (value.dim() == 2)
            values = seeded.parameter(name, shape) * np.float32(gain if len(shape) == 4 else 1)
            value.copy_(torch.from_numpy(values).reshape(value.shape))
    return module.eval().double()


def fcn(module, x):
    """fc7 of FCN: padding 100, poolings that round up, the fully connected layers as convolutions of 7×7 and 1×1."""
    module.features[0].padding = (100, 100)
    for layer in module.features:
        if isinstance(layer, torch.nn.MaxPool2d):
            layer.ceil_mode = True
    fc6, fc7 = module.classifier[0], module.classifier[3]
    x = F.relu(F.conv2d(module.features(x), fc6.weight.view(512, 64, 7, 7), fc6.bias))
    return F.relu(F.conv2d(x, fc7.weight[:, :, None, None], fc7.bias))


def large_fov(module, x):
    """fc7 of DeepLab's LargeFOV at output stride 8: fc6 has every fourth output and the rows and columns 0, 3 and 6."""
    pools = [i for i, layer in enumerate(module.features) if isinstance(layer, torch.nn.MaxPool2d)]
    for i, stride in zip(pools, (2, 2, 2, 1, 1)):
        module.features[i] = torch.nn.MaxPool2d(3, stride, 1, ceil_mode=True)
    for i in (24, 26, 28):
        module.features[i].dilation = module.features[i].padding = (2, 2)
    fc6, fc7 = module.classifier[0], module.classifier[3]
    x = F.relu(F.conv2d(module.features(x), fc6.weight.view(512, 64, 7, 7)[::4, :, ::3, ::3], fc6.bias[::4], padding=12, dilation=12))
    return F.relu(F.conv2d(x, fc7.weight[::4, ::4, None, None], fc7.bias[::4]))


if __name__ == '__main__':
    cases = {
        'mobilenet_v2': (mobilenet_v2(weights=None, width_mult=0.35), lambda module, x: module.features(x), 1, (65, 97)),
        'vgg16, FCN': (thin_vgg16(), fcn, GAIN, (33, 65)),
        'vgg16, LargeFOV': (thin_vgg16(), large_fov, GAIN, (65, 97)),
    }
    entries = []
    with torch.no_grad():
        for name, (module, features, gain, (height, width)) in cases.items():
            with_seeded_weights(module, gain)
            shapes = {key: list(value.shape) for key, value in module.state_dict().items() if value.is_floating_point()}
            image = torch.from_numpy(seeded.image(height, width)).double().permute(0, 3, 1, 2)
            values = features(module, image).permute(0, 2, 3, 1)[..., :CHANNELS]
            print(name, tuple(values.shape), f'deviation {values.std():.3g}, largest {values.abs().max():.3g}')
            entries.append({'name': name, 'height': height, 'width': width, 'gain': gain, 'parameters': shapes, 'shape': list(values.shape),
                            'features': [float(f'{value:.9g}') for value in values.flatten().tolist()]})
    (pathlib.Path(__file__).parent / 'golden' / 'backbones.json').write_text(json.dumps(entries) + '\n')
