"""Makes golden logits of the networks of other_libraries.py in float64, on the weights and images of seeded.py by the libraries' own names.
usage: python3 test/model/make_layouts.py [FOLDER]   (Debian: python3-torch python3-torchvision) -> golden/layouts.json, golden/layouts.values
then npm run format, for the JSON. With FOLDER, it also saves each network there, as NAME.pth.

layouts.values holds little-endian float32 NHWC, one case after another. layouts.json holds for each case the names and shapes of the state
dict, the image's size and the logits' shape."""
import json
import pathlib
import sys

import numpy as np
import torch

import other_libraries
import seeded

SIZES = {'VainF deeplabv3plus_mobilenet': (96, 130)}
SMALL = (49, 65)


def with_seeded_weights(module):
    for name, value in module.state_dict().items():
        if value.is_floating_point():
            value.copy_(torch.from_numpy(seeded.parameter(name, tuple(value.shape))))
    return module.eval()


if __name__ == '__main__':
    golden = pathlib.Path(__file__).parent / 'golden'
    entries, logits = [], []
    with torch.no_grad():
        for name, module in other_libraries.networks().items():
            with_seeded_weights(module)
            height, width = SIZES.get(name, SMALL if 'resnet34' in name or 'tu-' in name else (97, 129))
            if len(sys.argv) > 1:
                torch.save(module.state_dict(), pathlib.Path(sys.argv[1]) / f'{name}.pth')
            image = torch.from_numpy(seeded.image(height, width)).double().permute(0, 3, 1, 2)
            values = np.ascontiguousarray(module.double()(image).permute(0, 2, 3, 1).numpy().astype('<f4'))
            shapes = {key: list(value.shape) for key, value in module.state_dict().items() if value.is_floating_point()}
            entries.append({'name': name, 'height': height, 'width': width, 'shape': list(values.shape), 'parameters': shapes})
            logits.append(values)
            print(name, values.shape, f'deviation {values.std():.3g}')
    (golden / 'layouts.values').write_bytes(b''.join(values.tobytes() for values in logits))
    (golden / 'layouts.json').write_text(json.dumps(entries) + '\n')
