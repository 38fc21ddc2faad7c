"""PyTorch's side of first_steps.ts: trains the network of test/model/networks.py on the batches that arrive, and scores it.
usage: first_steps.py FOLDER_OF_THE_START FOLDER_OF_CAMVID JOB"""
import json
import pathlib
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

TESTS = pathlib.Path(__file__).parents[2] / 'test'
sys.path += [str(TESTS / 'model'), str(TESTS / 'reference')]
import losses
import networks

start, camvid, job = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), json.loads(sys.argv[3])
SIZE, BATCH, STRIDE = job['cropSize'], job['batchSize'], job['outputStride']
MEAN = STD = 0.5
IGNORED = 255


def read_safetensors(path):
    data = path.read_bytes()
    length = struct.unpack('<Q', data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop('__metadata__', None)
    value = lambda t: np.frombuffer(data, np.float32, int(np.prod(t['shape'])), 8 + length + t['data_offsets'][0]).reshape(t['shape']).copy()
    return {name: torch.from_numpy(value(t)) for name, t in header.items() if t['dtype'] == 'F32'}


state = read_safetensors(start / 'model.safetensors')
used = {}


def parameter(name, shape):
    if name not in used:
        fixed = name.endswith(('.running_mean', '.running_var'))
        used[name] = state[name] if fixed else torch.nn.Parameter(state[name])
        assert tuple(used[name].shape) == tuple(shape), name
    return used[name]


def classifier(parameter, x, name, classes=None):
    return F.conv2d(x, parameter(f'{name}.weight', state[f'{name}.weight'].shape), parameter(f'{name}.bias', state[f'{name}.bias'].shape))


networks.classifier = classifier  # of CamVid's classes
logits = lambda x: networks.mobilenet_v2(job['config'], STRIDE, parameter, x)
upsample = lambda x, size: F.interpolate(x, size, mode='bilinear', align_corners=job['config']['alignCorners'])
normalised = lambda rgb: (torch.from_numpy(np.ascontiguousarray(rgb)).permute(0, 3, 1, 2).float() / 255 - MEAN) / STD

with torch.no_grad():
    logits(torch.zeros(1, 3, SIZE, SIZE))
learned = {name: value for name, value in used.items() if isinstance(value, torch.nn.Parameter)}
is_head = lambda name: name.startswith('segmentation_head.classifier.')
groups = [{'params': [v for n, v in learned.items() if not is_head(n)], 'factor': 1.0},
          {'params': [v for n, v in learned.items() if is_head(n)], 'factor': job['headLearningRate']}]
if job['optimizer'] == 'adamw':
    optimizer = torch.optim.AdamW(groups, betas=(job['momentum'], 0.999), weight_decay=job['weightDecay'])
else:
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=job['momentum'], weight_decay=job['weightDecay'])
averages = {name: value.detach().clone() for name, value in learned.items()}

read = sys.stdin.buffer.read
for step in range(1, job['steps'] + 1):
    rate = struct.unpack('<d', read(8))[0]
    images = np.frombuffer(read(BATCH * SIZE * SIZE * 4), np.uint8).reshape(BATCH, SIZE, SIZE, 4)
    labels = torch.from_numpy(np.frombuffer(read(BATCH * SIZE * SIZE), np.uint8).reshape(BATCH, SIZE, SIZE).astype(np.int64))
    for group in optimizer.param_groups:
        group['lr'] = rate * group['factor']
    optimizer.zero_grad()
    found = upsample(logits(normalised(images[..., :3])), (SIZE, SIZE))
    loss = losses.cross_entropy(found, labels) + job['lovaszLoss'] * losses.lovasz_softmax(found, labels)
    loss.backward()
    optimizer.step()
    decay = min(job['averageDecay'], (1 + step) / (10 + step))
    for name, value in learned.items():
        averages[name].lerp_(value.detach(), 1 - decay)
    print(float(loss), flush=True)

with torch.no_grad():
    for name, value in learned.items():
        value.copy_(averages[name])

names = (camvid / 'ImageSets/Segmentation/val.txt').read_text().split()
classes = len((camvid / 'classes.txt').read_text().split())
confusion = np.zeros((classes, classes), np.int64)
with torch.no_grad():
    for name in names:
        photo = Image.open(next((camvid / 'JPEGImages').glob(f'{name}.*'))).convert('RGB')
        labels = np.array(Image.open(camvid / f'SegmentationClass/{name}.png'))
        scale = job['size'] / max(photo.size)
        enlarged = photo.resize([round(side * scale) for side in photo.size], Image.BILINEAR)
        found = upsample(logits(normalised(np.array(enlarged)[None])), labels.shape).argmax(1)[0].numpy()
        counted = labels != IGNORED
        confusion += np.bincount(labels[counted].astype(np.int64) * classes + found[counted], minlength=classes ** 2).reshape(classes, classes)
hits = np.diag(confusion)
print(float(np.mean(hits / (confusion.sum(0) + confusion.sum(1) - hits))), flush=True)
