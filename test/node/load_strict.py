"""Loads a ResNet that this package saved into torchvision's module, strictly, and prints the sum of each parameter as JSON.
usage: python3 test/node/load_strict.py MODEL.safetensors CLASSES (auxiliary|plain)"""
import json
import sys

import numpy as np
import torch
from torchvision.models.segmentation import deeplabv3_resnet50

DTYPES = {'F32': '<f4', 'I64': '<i8'}


def read_safetensors(path):
    """Reads safetensors by hand, since Debian has no package for it: eight bytes with the header's length, the header, the values."""
    with open(path, 'rb') as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), 'little')))
        values = file.read()
    header.pop('__metadata__', None)
    return {name: torch.from_numpy(np.frombuffer(values[slice(*entry['data_offsets'])], DTYPES[entry['dtype']]).reshape(entry['shape']).copy())
            for name, entry in header.items()}


if __name__ == '__main__':
    path, classes, head = sys.argv[1:]
    module = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=int(classes), aux_loss=head == 'auxiliary')
    module.load_state_dict(read_safetensors(path), strict=True)
    print(json.dumps({name: value.double().sum().item() for name, value in module.state_dict().items()
                      if not name.endswith('num_batches_tracked')}))
