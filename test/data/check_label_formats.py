"""Whether the tools of others make the masks of label_formats.json out of its labels.

Needs NumPy, Pillow, pycocotools, and the sources of LabelMe 5, of which it takes one file, `labelme/utils/shape.py`: LabelMe itself
would load Qt. It was run with pycocotools 2.0.11, LabelMe 5.1.1 and Pillow 9.4.

  python3 test/data/check_label_formats.py .../dist-packages/labelme
"""

import contextlib
import importlib.util
import io
import json
import logging
import os
import sys
import tempfile
import types

import numpy as np
from pycocotools.coco import COCO

BACKGROUND, IGNORE = 0, 255
CLASSES = {'_background_': BACKGROUND, 'cat': 1, 'dog': 2, '__ignore__': IGNORE}


def labelme_shape(folder):
    """LabelMe's module `utils.shape`, with the logger that it imports."""
    logger = types.ModuleType('labelme.logger')
    logger.logger = logging.getLogger('labelme')
    sys.modules['labelme'] = types.ModuleType('labelme')
    sys.modules['labelme.logger'] = logger
    spec = importlib.util.spec_from_file_location('labelme_shape', os.path.join(folder, 'utils', 'shape.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def coco_of(case):
    """The labels as pycocotools reads them from a file."""
    image = {'id': 1, 'file_name': 'a.jpg', 'width': case['width'], 'height': case['height']}
    categories = [{'id': 1, 'name': 'cat', 'supercategory': 'cat'}, {'id': 2, 'name': 'dog', 'supercategory': 'dog'}]
    content = {'images': [image], 'annotations': case['coco'], 'categories': categories}
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = os.path.join(folder, 'instances.json')
        with open(path, 'w') as file:
            json.dump(content, file)
        return COCO(path)


def check_coco(case, mask):
    coco = coco_of(case)
    found = np.zeros_like(mask)
    for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[1])):
        bitmap = coco.annToMask(annotation).astype(bool)
        assert not found[bitmap].any(), 'two instances overlap'
        found[bitmap] = annotation['category_id']
        rows, columns = np.where(bitmap)
        left, top = int(columns.min()), int(rows.min())
        box = [left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top]
        assert annotation['area'] == bitmap.sum() and annotation['bbox'] == box
    assert (found == np.where(mask == IGNORE, BACKGROUND, mask)).all(), 'COCO'


def check_labelme(case, mask, shape):
    found, _ = shape.shapes_to_label(mask.shape, case['labelme']['shapes'], CLASSES)
    assert (found == mask).all(), 'LabelMe'


with open(os.path.join(os.path.dirname(__file__), 'label_formats.json')) as golden:
    cases = json.load(golden)
shape = labelme_shape(sys.argv[1])
for case in cases:
    mask = np.array(case['mask']).reshape(case['height'], case['width'])
    check_coco(case, mask)
    check_labelme(case, mask, shape)
print(f'{len(cases)} masks are equal')
