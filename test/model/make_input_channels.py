"""Makes golden/input_channels.json: a first convolution's weights for other channels than red, green and blue, as timm's adapt_input_conv
(timm/models/_manipulate.py) makes them.
usage: python3 test/model/make_input_channels.py   (Debian: python3-torch), then npm run format"""
import json
import math
import pathlib

import torch


def adapt_input_conv(in_chans, conv_weight):
    """As in timm, for weights of three channels."""
    if in_chans == 1:
        return conv_weight.sum(dim=1, keepdim=True)
    repeat = int(math.ceil(in_chans / 3))
    return conv_weight.repeat(1, repeat, 1, 1)[:, :in_chans, :, :] * (3 / float(in_chans))


def rounded(tensor):
    return [float(f'{value:.8g}') for value in tensor.flatten().tolist()]


torch.manual_seed(1)
weight = torch.randn(4, 3, 7, 7)[:, :, :2, :3].contiguous()
cases = [{'channels': n, 'weight': rounded(adapt_input_conv(n, weight))} for n in (1, 2, 4, 5, 8)]
golden = {'shape': list(weight.shape), 'weight': rounded(weight), 'cases': cases}
pathlib.Path(__file__).with_name('golden').joinpath('input_channels.json').write_text(json.dumps(golden))
