"""Makes random torchvision state dicts in both .pth formats, to check the reader against PyTorch. They have 160 to 240 MB, so they are not committed.
usage: python3 test/model/make_checkpoints.py FOLDER -> FOLDER/deeplabv3_{resnet50,resnet101}.{zip,legacy}.pth, with the values of seeded.py"""
import pathlib
import sys

import torch

import networks
import seeded

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for backbone in ('resnet50', 'resnet101'):
    state = networks.torchvision_module(backbone, 8).state_dict()
    for name, value in state.items():
        if not name.endswith('num_batches_tracked'):
            value.copy_(torch.from_numpy(seeded.parameter(name, tuple(value.shape))))
    for kind in ('zip', 'legacy'):
        path = folder / f'deeplabv3_{backbone}.{kind}.pth'
        torch.save(state, path, _use_new_zipfile_serialization=kind == 'zip')
        print(path)
