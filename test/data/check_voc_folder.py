"""Whether torchvision's VOCSegmentation reads the same masks from a folder that `atrous export --format voc` wrote.

  python3 test/data/check_voc_folder.py VOC MASKS     # MASKS has the palette PNGs that were exported
"""

import os
import sys
import tempfile

import numpy as np
from PIL import Image
from torchvision.datasets import VOCSegmentation

voc, masks = map(os.path.abspath, sys.argv[1:])
lists = os.path.join(voc, 'ImageSets', 'Segmentation')
[split] = os.listdir(lists)

with tempfile.TemporaryDirectory() as root:
    year = os.path.join(root, 'VOCdevkit', 'VOC2012')
    os.makedirs(os.path.join(year, 'ImageSets', 'Segmentation'))
    for name in ('JPEGImages', 'SegmentationClass'):
        os.symlink(os.path.join(voc, name), os.path.join(year, name))
    # torchvision allows only the names of VOC's own splits.
    os.symlink(os.path.join(lists, split), os.path.join(year, 'ImageSets', 'Segmentation', 'train.txt'))
    dataset = VOCSegmentation(root, year='2012', image_set='train')
    for (photo, mask), file in zip(dataset, dataset.masks):
        expected = Image.open(os.path.join(masks, os.path.basename(file)))
        assert mask.mode == 'P' and photo.size == mask.size, file
        assert (np.array(mask) == np.array(expected)).all(), file
    print(f'{len(dataset)} masks are equal')
