// A rotated window of a photo.

import type { LabelledImage } from '../data/dataset.ts'
import { type Crop, type CropAxis, cropImage, cropLabels, type Example } from './crop.ts'
import { type DrawnDistortion, distort } from './distortion.ts'

/** A part of the scaled photo that covers a rotated window. */
interface Source extends Example {
  width: number
  height: number
}

/**
 * Writes a window that is rotated counter-clockwise about its centre by an angle in degrees, as torchvision's `rotate`: the image
 * bilinear, the labels by nearest neighbour. Pixels outside the photo stay as they are. Colours change before the rotation, so that
 * they do not mix with those outside.
 */
export function rotatedCrop(
  photo: LabelledImage,
  into: Example,
  { crop, angle, drawn }: { crop: Crop; angle: number; drawn: DrawnDistortion },
): void {
  const { columns, rows, pitch } = crop
  const [sin, cos] = [Math.sin((angle * Math.PI) / 180), Math.cos((angle * Math.PI) / 180)]
  const across = (Math.abs(cos) * columns.size + Math.abs(sin) * rows.size) / 2
  const down = (Math.abs(sin) * columns.size + Math.abs(cos) * rows.size) / 2
  const wide = { ...crop, columns: around(columns, across), rows: around(rows, down) }
  const { image, labels, width, height } = cutOut(photo, wide)
  distort(image, { width, height, pitch: width }, drawn)
  const centreX = columns.start + columns.size / 2 - wide.columns.start
  const centreY = rows.start + rows.size / 2 - wide.rows.start
  for (let row = 0; row < rows.size; row++) {
    const fromCentre = row + 0.5 - rows.size / 2
    for (let column = 0; column < columns.size; column++) {
      const offset = column + 0.5 - columns.size / 2
      const x = centreX + cos * offset - sin * fromCentre
      const y = centreY + sin * offset + cos * fromCentre
      if (x < 0 || y < 0 || x >= width || y >= height) continue
      const to = row * pitch + column
      into.labels[to] = labels[Math.floor(y) * width + Math.floor(x)]
      const left = Math.floor(Math.max(0, x - 0.5))
      const top = Math.floor(Math.max(0, y - 0.5))
      const shareX = Math.max(0, x - 0.5) - left
      const shareY = Math.max(0, y - 0.5) - top
      const right = left + 1 < width ? 4 : 0
      const below = top + 1 < height ? width * 4 : 0
      for (let channel = 0, at = (top * width + left) * 4; channel < 3; channel++, at++) {
        const upper = image[at] * (1 - shareX) + image[at + right] * shareX
        const lower = image[at + below] * (1 - shareX) + image[at + below + right] * shareX
        into.image[to * 4 + channel] = upper * (1 - shareY) + lower * shareY + 0.5
      }
    }
  }
}

/** The part of an axis within `reach` pixels of the window's centre, and one pixel more for the interpolation. */
function around({ scaled, size, start }: CropAxis, reach: number): CropAxis {
  const centre = start + size / 2
  const first = Math.max(0, Math.floor(centre - reach) - 1)
  const end = Math.min(scaled, Math.ceil(centre + reach) + 1)
  return { scaled, size: end - first, start: first }
}

function cutOut(photo: LabelledImage, crop: Crop): Source {
  const [width, height] = [crop.columns.size, crop.rows.size]
  const source = {
    image: new Uint8Array(width * height * 4),
    labels: new Uint8Array(width * height),
    width,
    height,
  }
  cropImage(photo, { ...crop, pitch: width }, source.image)
  cropLabels(photo, { ...crop, pitch: width }, source.labels)
  return source
}
