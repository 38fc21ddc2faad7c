// The pixels around one that have about its colour.

import type { Runs } from './strokes.ts'

/** Decoded pixels, and labels of the same size: their borders stop the fill, so that it spares other strokes. */
export interface FillPicture {
  /** Red, green, blue, alpha; row by row from the top. */
  data: Uint8Array
  labels: Uint8Array
  width: number
  height: number
}

/**
 * The connected pixels whose red, green and blue each differ by at most `tolerance` from those of the pixel `from`, and that have its
 * label. A scanline fill: it goes along each row as far as the pixels match, and takes a place above and below for each new run.
 */
export function floodFill(picture: FillPicture, from: number, tolerance: number): Runs {
  const { width, height } = picture
  const isOpen = openPixels(picture, from, tolerance)
  const runs: number[] = []
  const places = [from]
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    if (!isOpen(place)) continue
    const row = place - (place % width)
    let [first, end] = [place, place + 1]
    while (first > row && isOpen(first - 1)) first--
    while (end < row + width && isOpen(end)) end++
    isOpen.close(first, end)
    runs.push(first, end)
    for (const other of [row - width, row + width]) {
      if (other < 0 || other >= width * height) continue
      const last = end - row + other
      for (let next = first - row + other; next < last; next++) {
        if (!isOpen(next)) continue
        places.push(next)
        while (next < last && isOpen(next)) next++
      }
    }
  }
  return runs
}

interface OpenPixels {
  /** Whether a pixel matches, and is not filled yet. */
  (pixel: number): boolean
  close(first: number, end: number): void
}

function openPixels({ data, labels }: FillPicture, from: number, tolerance: number): OpenPixels {
  const filled = new Uint8Array(labels.length)
  const label = labels[from]
  const [red, green, blue] = data.subarray(4 * from, 4 * from + 3)
  const isNear = (value: number, wanted: number) => value - wanted <= tolerance && wanted - value <= tolerance
  const isOpen = (pixel: number) =>
    filled[pixel] === 0 &&
    labels[pixel] === label &&
    isNear(data[4 * pixel], red) &&
    isNear(data[4 * pixel + 1], green) &&
    isNear(data[4 * pixel + 2], blue)
  return Object.assign(isOpen, {
    close(first: number, end: number) {
      filled.fill(1, first, end)
    },
  })
}
