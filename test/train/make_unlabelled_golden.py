#!/usr/bin/env python3
"""Writes golden/unlabelled.json: five SGD steps with PyTorch on labelled and unlabelled images, as FixMatch and UniMatch learn from both.

In each step the network labels the plain views of two unlabelled images where it is sure. It learns from two labelled images, and from the
strong views of the unlabelled ones, in which a rectangle of the first image shows the second. The loss is the cross entropy of the labelled
images plus WEIGHT times that of the strong views: its sum over the sure pixels, divided by the number of pixels inside the photos.
Network, weights, momentum, decay and schedule are those of make_golden.py's ResNet-18 with frozen batch norm.

usage: python3 test/train/make_unlabelled_golden.py   (Debian: python3-torch python3-torchvision)
"""
import json

import numpy as np
import torch
import torch.nn.functional as F

from make_golden import FOLDER, IGNORED, MOMENTUM, STEPS, VARIANTS, WEIGHT_DECAY, seeded, seeded_labels, seeded_network

NETWORK = VARIANTS['resnet18']
SIZE = NETWORK['size'][0]
WEIGHT = 0.5
CONFIDENCE = 0.118
BOX = {'left': 7, 'top': 20, 'width': 31, 'height': 25}
OUTSIDE = 58  # the first column outside the photo, in the second image
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
VALUES = ['backbone.conv1.weight', 'backbone.layer4.1.conv2.weight', 'classifier.4.weight', 'classifier.4.bias']
SAMPLE = 200


def views():
    """-> bytes of the labelled images, of the plain and of the strong views: (2, size, size, 3) each; labels of the first"""
    noise = seeded.image(6 * SIZE, SIZE).reshape(6, SIZE, SIZE, 3).astype(np.float64)
    labels = seeded_labels(noise[:2].astype(np.float32), NETWORK['classes'])
    bytes_of = lambda values: np.minimum(255, np.floor((values + 2) * 64)).astype(np.uint8)
    labelled, plain, other = bytes_of(noise[:2]), bytes_of(noise[2:4]), bytes_of(noise[4:])
    return labelled, plain, ((plain.astype(np.int64) * 3 + other) // 4).astype(np.uint8), labels


def as_input(images, dtype):
    normalised = (images.astype(np.float64) / 255 - MEAN) / STD
    return torch.from_numpy(normalised).permute(0, 3, 1, 2).contiguous().to(dtype)


def mixed(values):
    """The rectangle of the first image, from the second. Height and width are the second and the third dimension."""
    rows, columns = slice(BOX['top'], BOX['top'] + BOX['height']), slice(BOX['left'], BOX['left'] + BOX['width'])
    result = values.copy() if isinstance(values, np.ndarray) else values.clone()
    result[0, rows, columns] = values[1, rows, columns]
    return result


def upsampled(logits):
    return F.interpolate(logits, size=(SIZE, SIZE), mode='bilinear', align_corners=False)


def train(dtype):
    module = seeded_network(NETWORK, True, dtype)
    labelled, plain, strong, labels = views()
    outside = torch.zeros(2, SIZE, SIZE, dtype=torch.bool)
    outside[1, :, OUTSIDE:] = True
    inside = ~mixed(outside)
    optimizer = torch.optim.SGD(module.parameters(), NETWORK['learningRate'], MOMENTUM, weight_decay=WEIGHT_DECAY)
    steps = []
    for step in range(STEPS):
        optimizer.param_groups[0]['lr'] = NETWORK['learningRate'] * (1 - step / STEPS) ** 0.9
        with torch.no_grad():
            probability, sure = upsampled(module(as_input(plain, dtype))).softmax(1).max(1)
            sure[(probability < CONFIDENCE) | outside] = IGNORED
        taught = mixed(sure)
        optimizer.zero_grad()
        supervised = F.cross_entropy(upsampled(module(as_input(labelled, dtype))), torch.from_numpy(labels).long(), ignore_index=IGNORED)
        parts = F.cross_entropy(upsampled(module(as_input(mixed(strong), dtype))), taught, ignore_index=IGNORED, reduction='none')
        unlabelled = parts.sum() / inside.sum()
        loss = supervised + WEIGHT * unlabelled
        loss.backward()
        optimizer.step()
        confident = ((taught != IGNORED) & inside).sum() / inside.sum()
        steps.append({'loss': loss.item(), 'unlabelledLoss': unlabelled.item(), 'confident': confident.item()})
    return steps, {name: value.double().numpy().reshape(-1) for name, value in module.state_dict().items()}


if __name__ == '__main__':
    steps, final = train(torch.float64)
    steps32, _ = train(torch.float32)
    for step, step32 in zip(steps, steps32):
        print(step, 'float32 strays by', {name: f'{abs(step32[name] - value) / max(value, 1e-9):.1e}' for name, value in step.items()})
    sample = lambda values: [float(f'{value:.8g}') for value in values[np.arange(min(SAMPLE, values.size)) * values.size // min(SAMPLE, values.size)]]
    golden = {'network': 'resnet18', 'weight': WEIGHT, 'confidence': CONFIDENCE, 'box': BOX, 'outside': OUTSIDE, 'steps': steps,
              'values': {name: {'norm': float(np.linalg.norm(final[name])), 'sample': sample(final[name])} for name in VALUES}}
    lines = ',\n'.join(f'{json.dumps(key)}: {json.dumps(value)}' for key, value in golden.items())
    (FOLDER / 'golden' / 'unlabelled.json').write_text(f'{{{lines}}}\n')
