"""Makes golden/samples: small images of other channels than a photo's, as TIFF and .npy files, and samples.json with what is in them.
usage: python3 test/node/make_samples.py   (Debian: python3-numpy python3-pil), then npm run format

PIL writes files of up to four channels; `tiff` below writes the others, in the layouts that GDAL and scikit-image write."""
import json
import pathlib
import struct

import numpy as np
from PIL import Image

FOLDER = pathlib.Path(__file__).with_name('golden') / 'samples'
H, W = 5, 7
random = np.random.default_rng(1)
BYTES = {np.dtype('u1'): 'B', np.dtype('u2'): 'H', np.dtype('f4'): 'f', np.dtype('i2'): 'h'}


def values(channels, dtype):
    noise = random.random((H, W, channels))
    if dtype == 'f4':
        return (noise * 100 - 20).astype(dtype)
    return (noise * (255 if dtype == 'u1' else 30000)).astype(dtype)


def tiff(pages, planar=False, order='<', photometric=1, bits=None):
    """An uncompressed TIFF of arrays [h, w, c], one page each."""
    out = bytearray((b'II' if order == '<' else b'MM') + struct.pack(order + 'HI', 42, 0))
    link = 4
    for page in pages:
        h, w, c = page.shape
        size, code = page.dtype.itemsize, BYTES[page.dtype]
        planes = [page[:, :, i] for i in range(c)] if planar else [page]
        offsets = []
        for plane in planes:
            offsets.append(len(out))
            out += struct.pack(f'{order}{plane.size}{code}', *plane.flatten().tolist())
            out += b'\0' * (len(out) % 2)
        lengths = [plane.size * size for plane in planes]
        kind = {'u': 1, 'i': 2, 'f': 3}[page.dtype.kind]
        tags = [(256, 'I', [w]), (257, 'I', [h]), (258, 'H', [bits or 8 * size] * c), (259, 'H', [1]), (262, 'H', [photometric]),
                (273, 'I', offsets), (277, 'H', [c]), (278, 'I', [h]), (279, 'I', lengths), (284, 'H', [2 if planar else 1])]
        if c > 1:
            tags.append((338, 'H', [0] * (c - 1)))
        tags.append((339, 'H', [kind] * c))
        entries = b''
        for tag, letter, numbers in tags:
            packed = struct.pack(f'{order}{len(numbers)}{letter}', *numbers)
            if len(packed) > 4:
                at = len(out)
                out += packed + b'\0' * (len(packed) % 2)
                packed = struct.pack(order + 'I', at)
            entries += struct.pack(order + 'HHI', tag, 3 if letter == 'H' else 4, len(numbers)) + packed.ljust(4, b'\0')
        out[link:link + 4] = struct.pack(order + 'I', len(out))
        out += struct.pack(order + 'H', len(tags)) + entries
        link = len(out)
        out += struct.pack(order + 'I', 0)
    return bytes(out)


golden = {}


def record(name, array, scale):
    array = array if array.ndim == 3 else array[:, :, None]
    golden[name] = {'channels': array.shape[2], 'scale': scale, 'values': [float(f'{x:.9g}') for x in array.flatten().tolist()]}


def write(name, array, data, scale):
    FOLDER.joinpath(name).write_bytes(data)
    record(name, array, scale)


def pages_of(array):
    return [array[:, :, i:i + 1] for i in range(array.shape[2])]


FOLDER.mkdir(parents=True, exist_ok=True)
eight, five, six, four = values(8, 'u1'), values(5, 'u2'), values(6, 'f4'), values(4, 'f4')
write('interleaved-u8.tif', eight, tiff([eight]), 255)
write('planar-u8.tif', eight, tiff([eight], planar=True), 255)
write('interleaved-u16.tif', five, tiff([five]), 65535)
write('pages-u16.tif', five, tiff(pages_of(five)), 65535)
write('big-endian-f32.tif', six, tiff([six], order='>'), 1)
write('pages-f32.tif', six, tiff(pages_of(six)), 1)
write('planar-big-endian-f32.tif', four, tiff([four], planar=True, order='>'), 1)
heights = values(1, 'i2') - 100
write('heights-i16.tif', heights, tiff([heights]), 1)
overviews = [five, five[:2, :3]]
write('with-overview-u16.tif', five, tiff(overviews), 65535)

for name, mode, dtype, compression, scale in [
    ('pil-grey-lzw.tif', 'L', 'u1', 'tiff_lzw', 255), ('pil-grey16-deflate.tif', 'I;16', 'u2', 'tiff_adobe_deflate', 65535),
    ('pil-float-lzw.tif', 'F', 'f4', 'tiff_lzw', 1), ('pil-rgba-packbits.tif', 'RGBA', 'u1', 'packbits', 255)]:
    array = values(4 if mode == 'RGBA' else 1, dtype)
    Image.fromarray(array if mode == 'RGBA' else array[:, :, 0], mode).save(FOLDER / name, compression=compression)
    record(name, array, scale)
grey = values(3, 'u1')
first, *others = [Image.fromarray(grey[:, :, i]) for i in range(3)]
first.save(FOLDER / 'pil-pages.tif', save_all=True, append_images=others)
record('pil-pages.tif', grey, 255)
Image.fromarray(grey[:, :, 0]).save(FOLDER / 'grey.png')
record('grey.png', grey[:, :, :1], 255)
Image.fromarray(grey).save(FOLDER / 'rgb.png')
record('rgb.png', grey, 255)
sixteen = values(1, 'u2')
Image.fromarray(sixteen[:, :, 0]).save(FOLDER / 'grey16.png')
record('grey16.png', sixteen, 65535)

for name, array, stored, scale in [
    ('hwc-u8.npy', eight, eight, 255), ('chw-f32.npy', six, six.transpose(2, 0, 1).copy(), 1),
    ('fortran-u16.npy', five, np.asfortranarray(five), 65535), ('hw-f64.npy', four[:, :, 0], four[:, :, 0].astype('f8'), 1),
    ('big-endian-u16.npy', five, five.astype('>u2'), 65535), ('chw-view-f32.npy', six, six.transpose(2, 0, 1), 1)]:
    np.save(FOLDER / name, stored)
    record(name, array, scale)

# Files that are refused.
Image.fromarray(grey[:, :, 0]).convert('P').save(FOLDER / 'refused-palette.tif')
Image.fromarray(grey[:, :, 0]).convert('1').save(FOLDER / 'refused-bits.tif')
nan = four.copy()
nan[2, 3, 1] = np.nan
np.save(FOLDER / 'refused-nan.npy', nan)
FOLDER.joinpath('refused-cut.tif').write_bytes(tiff([eight])[:200])
FOLDER.joinpath('refused-sizes.tif').write_bytes(tiff([five[:, :, :1], five[:2, :3, 1:2]]))
np.save(FOLDER / 'refused-complex.npy', four.astype('c8'))
FOLDER.joinpath('samples.json').write_text(json.dumps({'height': H, 'width': W, 'files': golden}))
