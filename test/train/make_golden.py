"""Golden training trajectories from PyTorch: five SGD steps from the seeded weights of test/model/seeded.py, with one change: in ResNet-50
the last γ of each bottleneck is a quarter of them. Residual branches that start small (zero_init_residual goes further) keep a deep
batch-normalised network from amplifying rounding: with the weights as they are, float32 strays from float64 by 5e-3 of the loss at the
third step.
usage: python3 test/train/make_golden.py   (Debian: python3-torch python3-torchvision) -> golden/index.json, golden/values.bin
then npm run format, for index.json

Two networks, torchvision's deeplabv3_resnet50 (output stride 8) and tiny_network.py, each with batch norm in training mode (batch
statistics, running statistics moved by momentum 0.1) and frozen (normalising by the running statistics, which stay; γ and β still train).
No dropout. Two images; the loss is the mean cross-entropy of the logits upsampled to the labels (align_corners false) over the pixels not
labelled 255. SGD with momentum 0.9; weight decay 1e-4 on every parameter, γ, β and biases too: what torchvision's recipe and TensorFlow's
DeepLab have for ResNets (its 4e-5 is for MobileNet and Xception); the poly schedule base·(1 − i/5)^0.9, so that five steps run through it.
The base rate is the paper's 0.007 for 16 images scaled to two; 0.01 for the tiny network, which then trains visibly and never has an
activation so near a kink (ReLU's 0, a tie in max pooling) that weights off by 1e-6 would take the other side: at 0.007 one is.

Each trajectory runs in float64 and in float32. index.json holds the losses of both, each the loss before its step; values.bin, in
little-endian float32, what is left after the last step in float64: of the tiny network every parameter, of ResNet-50 of a few at most
2000 elements each (element ⌊i·count/2000⌋ for each i), with the L2 norms of the whole and of what training changed."""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).parent
sys.path.append(str(FOLDER.parent / 'model'))
import networks
import seeded
from tiny_network import CLASSES, IMAGE, TinyNetwork

STEPS = 5
BATCH = 2
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4
LARGEST_SAMPLE = 2000
IGNORED = 255

FIRST_AND_LAST_BATCH_NORM = [f'{norm}.{vector}' for norm in ('backbone.bn1', 'classifier.2') for vector in ('weight', 'bias', 'running_mean', 'running_var')]
RESNET_VALUES = ['backbone.conv1.weight', 'backbone.layer3.0.conv2.weight', 'classifier.4.weight', 'classifier.4.bias', *FIRST_AND_LAST_BATCH_NORM]

NETWORKS = {
    'deeplabv3_resnet50': {'make': lambda: networks.torchvision_module('resnet50', 8), 'size': (65, 65), 'classes': 21,
                           'learningRate': 0.007 * BATCH / 16, 'lastGamma': 0.25, 'values': RESNET_VALUES},
    'tiny': {'make': TinyNetwork, 'size': IMAGE, 'classes': CLASSES, 'learningRate': 0.01, 'lastGamma': 1, 'values': None},
}


def seeded_images(height, width):
    """(BATCH, height, width, 3): one seeded image, BATCH times as high, cut up."""
    return seeded.image(BATCH * height, width).reshape(BATCH, height, width, 3)


def seeded_labels(images, classes):
    """(BATCH, height, width): a pixel's red value, uniform in [-2, 2), falls into one of classes + 1 equal parts; the last is 255."""
    labels = np.floor((images[..., 0].astype(np.float64) + 2) / 4 * (classes + 1)).astype(np.uint8)
    labels[labels == classes] = IGNORED
    return labels


def starting_value(network, name, shape):
    return seeded.parameter(name, shape) * np.float32(network['lastGamma'] if name.endswith('.bn3.weight') else 1)


def seeded_network(network, frozen, dtype):
    module = network['make']()
    state = module.state_dict()
    for name, value in state.items():
        if value.is_floating_point():
            value.copy_(torch.from_numpy(starting_value(network, name, tuple(value.shape))))
    for part in module.modules():
        norm = isinstance(part, torch.nn.BatchNorm2d)
        part.train(not frozen if norm else not isinstance(part, torch.nn.Dropout))
    return module.to(dtype)


def logits_of(module, images):
    """Without the upsampling to the image's size that torchvision's own forward ends with."""
    return module.classifier(module.backbone(images)['out']) if hasattr(module, 'backbone') else module(images)


def train(network, frozen, dtype):
    """-> losses, final state by name"""
    module = seeded_network(network, frozen, dtype)
    images = seeded_images(*network['size'])
    labels = torch.from_numpy(seeded_labels(images, network['classes'])).long()
    images = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().to(dtype)
    optimizer = torch.optim.SGD(module.parameters(), network['learningRate'], MOMENTUM, weight_decay=WEIGHT_DECAY)
    losses = []
    for step in range(STEPS):
        optimizer.param_groups[0]['lr'] = network['learningRate'] * (1 - step / STEPS) ** 0.9
        optimizer.zero_grad()
        logits = F.interpolate(logits_of(module, images), size=labels.shape[1:], mode='bilinear', align_corners=False)
        loss = F.cross_entropy(logits, labels, ignore_index=IGNORED)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, {name: value.double().numpy() for name, value in module.state_dict().items() if value.is_floating_point()}


def sample(values):
    count = values.size
    return values.reshape(-1)[np.arange(min(count, LARGEST_SAMPLE)) * count // min(count, LARGEST_SAMPLE)].astype('<f4')


def trajectory(name, network, frozen):
    """-> entry of index.json, samples"""
    losses, final = train(network, frozen, torch.float64)
    losses32, final32 = train(network, frozen, torch.float32)
    entries, samples = [], []
    for parameter in network['values'] or final:
        values = final[parameter]
        change = float(np.linalg.norm(values - starting_value(network, parameter, values.shape)))
        entries.append({'name': parameter, 'shape': list(values.shape), 'norm': float(np.linalg.norm(values)), 'change': change})
        samples.append(sample(values))
        stray = float(np.linalg.norm(final32[parameter] - values))
        print(f'  {parameter}: float32 strays by {stray / entries[-1]["norm"]:.1e} of its norm, {stray / max(change, 1e-30):.1e} of its change')
    print(name, 'frozen' if frozen else 'training', losses, 'float32 strays by', [f'{abs(a / b - 1):.1e}' for a, b in zip(losses32, losses)])
    return {'network': name, 'batchNorm': 'frozen' if frozen else 'training', 'losses': losses, 'losses32': losses32, 'values': entries}, samples


def checksum(values):
    """The float32 values' bits or the bytes, summed modulo 2^32."""
    return int(values.view(np.uint32 if values.dtype == np.float32 else np.uint8).sum(dtype=np.uint64)) & 0xFFFFFFFF


def network_entry(network):
    images = seeded_images(*network['size'])
    labels = seeded_labels(images, network['classes'])
    return {'size': list(network['size']), 'classes': network['classes'], 'learningRate': network['learningRate'],
            'lastGamma': network['lastGamma'], 'imageSum': checksum(images), 'labelSum': checksum(labels)}


if __name__ == '__main__':
    made = [trajectory(name, network, frozen) for name, network in NETWORKS.items() for frozen in (False, True)]
    (FOLDER / 'golden').mkdir(exist_ok=True)
    (FOLDER / 'golden/values.bin').write_bytes(b''.join(values.tobytes() for _, samples in made for values in samples))
    index = {'steps': STEPS, 'batch': BATCH, 'momentum': MOMENTUM, 'weightDecay': WEIGHT_DECAY,
             'networks': {name: network_entry(network) for name, network in NETWORKS.items()}, 'trajectories': [entry for entry, _ in made]}
    (FOLDER / 'golden/index.json').write_text(json.dumps(index) + '\n')
