#!/usr/bin/env python3
"""Writes golden/distortions.json: what torchvision makes of a small photo by fixed factors, to check src/train's changes of colours and its rotation.

Run with Debian's python3-torchvision (0.14): python3 make_distortion_golden.py
"""

import json
import pathlib

import torch
import torchvision.transforms.functional as T
from torchvision.transforms import InterpolationMode

torch.manual_seed(3)
HEIGHT, WIDTH = 9, 12
IGNORED = 255
# Some pixels are grey, black or white, where the hue is not defined.
photo = torch.randint(0, 256, (3, HEIGHT, WIDTH), dtype=torch.uint8)
photo[:, 0, :3] = torch.tensor([0, 128, 255], dtype=torch.uint8)
labels = torch.randint(0, 21, (1, HEIGHT, WIDTH), dtype=torch.uint8)
colours = photo.double() / 255

ADJUST = {'brightness': T.adjust_brightness, 'contrast': T.adjust_contrast, 'saturation': T.adjust_saturation, 'hue': T.adjust_hue}
JITTERS = [
    [['brightness', 0.6]], [['brightness', 1.7]], [['contrast', 0.5]], [['contrast', 1.8]], [['saturation', 0.3]], [['saturation', 1.9]],
    [['hue', 0.25]], [['hue', -0.5]], [['hue', -0.07]],
    [['hue', 0.1], ['contrast', 1.4], ['brightness', 0.8], ['saturation', 1.5]], [['saturation', 1.3], ['brightness', 1.5], ['contrast', 0.7], ['hue', -0.2]],
]


def interleaved(values):
    return [round(value, 3) for value in (values * 255).permute(1, 2, 0).reshape(-1).tolist()]


def jittered(adjustments):
    result = colours
    for name, factor in adjustments:
        result = ADJUST[name](result, factor)
    return result


def blurred(sigma):
    radius = int(-(-3 * sigma // 1))
    return T.gaussian_blur(colours, [2 * radius + 1] * 2, [sigma] * 2)


def rotated(angle):
    """Pixels of the image whose four neighbours are all inside are compared; torchvision mixes the others with the fill."""
    turned = T.rotate(colours, angle, InterpolationMode.BILINEAR)
    weight = T.rotate(torch.ones_like(colours), angle, InterpolationMode.BILINEAR)[0]
    mask = T.rotate(labels, angle, InterpolationMode.NEAREST, fill=[IGNORED])
    return {'angle': angle, 'image': interleaved(turned), 'inside': [int(value > 0.9999) for value in weight.reshape(-1).tolist()], 'labels': mask.reshape(-1).tolist()}


golden = {
    'width': WIDTH, 'height': HEIGHT, 'photo': photo.permute(1, 2, 0).reshape(-1).tolist(), 'labels': labels.reshape(-1).tolist(),
    'jitters': [{'adjustments': adjustments, 'image': interleaved(jittered(adjustments))} for adjustments in JITTERS],
    'grey': interleaved(T.rgb_to_grayscale(colours, 3)),
    'blurs': [{'sigma': sigma, 'image': interleaved(blurred(sigma))} for sigma in (0.1, 0.8, 2.0)],
    'rotations': [rotated(angle) for angle in (7.0, -31.0, 100.0)],
}
lines = ',\n'.join(f'{json.dumps(key)}: {json.dumps(value, separators=(",", ":"))}' for key, value in golden.items())
(pathlib.Path(__file__).parent / 'golden' / 'distortions.json').write_text(f'{{{lines}}}\n')
