"""The names and shapes of torchvision's state dicts, with the auxiliary head and for two classes -> golden/torchvision_state.json
usage: python3 test/node/make_torchvision_state.py   (Debian: python3-torch python3-torchvision), then npm run format

num_batches_tracked is left out: a batch norm reads this counter only if its momentum is None, which torchvision never sets. And
load_state_dict(strict=True) fills it in if a state dict has no PyTorch metadata, as from safetensors."""
import json
import pathlib

from torchvision.models import segmentation

FILE = pathlib.Path(__file__).parent / 'golden/torchvision_state.json'


def state(name):
    module = getattr(segmentation, name)(weights=None, weights_backbone=None, num_classes=2, aux_loss=True)
    return {name: list(value.shape) for name, value in module.state_dict().items() if not name.endswith('num_batches_tracked')}


if __name__ == '__main__':
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps({name: state(name) for name in ('deeplabv3_resnet50', 'deeplabv3_resnet101')}) + '\n')
