// Clips that are made, not recorded: a drawn scene whose bodies move, and a slow pan over a photo. Each frame has a camera's noise.

import { seededRandom } from '../../scripts/scenes/random.ts'
import { renderBodies } from '../../scripts/scenes/ray_tracer.ts'
import { randomScene, type Scene } from '../../scripts/scenes/scene.ts'
import { along } from '../../scripts/scenes/vector.ts'
import type { Image } from '../../src/data/image.ts'
import { ownSize } from '../../src/inference/photo.ts'
import { normalSource } from '../../src/model/initial_weights.ts'

export interface Clip {
  name: string
  frames: Image[]
  /** The class of each pixel of each frame; or the frames without noise, of which a network's masks are taken for the truth. */
  truth: Uint8Array[] | Image[]
}

export interface ClipSize {
  width: number
  height: number
  frames: number
}

/** The standard deviation of a camera's noise in a room, of 255. */
const NOISE = 8

/** A scene of the ray tracer in which each body and the camera move a little with every frame. */
export function drawnClip(seed: number, { width, height, frames }: ClipSize): Clip {
  const shorter = Math.min(width, height)
  const scene = randomScene(seed, [width / shorter, height / shorter])
  const random = seededRandom(seed + 1)
  const speeds = scene.bodies.map(() => random.between(-0.04, 0.04))
  const drawn = Array.from({ length: frames }, (_, time) =>
    renderBodies(moved(scene, speeds, time), { width, height }),
  )
  return {
    name: `drawn ${seed}`,
    frames: drawn.map(({ image }, i) => noisy(image, { width, height }, seed * 1000 + i)),
    truth: drawn.map(({ mask }) => mask),
  }
}

/** Bodies go to the side, in the units of the scene, and the camera the other way. */
const moved = ({ bodies, camera, ...scene }: Scene, speeds: readonly number[], time: number): Scene => ({
  ...scene,
  camera: { ...camera, position: along(camera.position, camera.right, -0.01 * time) },
  bodies: bodies.map((body, i) => ({ ...body, position: along(body.position, [1, 0, 0], speeds[i] * time) })),
})

/** A window that moves over a photo and closes in on it, by less than a pixel a frame. */
export function panClip(name: string, photo: Image, { width, height, frames }: ClipSize): Clip {
  const widest = Math.min(photo.width / width, photo.height / height)
  const windows = Array.from({ length: frames }, (_, time) => {
    const zoom = widest * (0.95 - 0.002 * time)
    const [left, top] = [photo.width - width * zoom, photo.height - height * zoom]
    return { zoom, left: left * (0.5 + 0.01 * time), top: top * 0.5 }
  })
  const clean = windows.map(window => cut(photo, window, { width, height }))
  return {
    name,
    frames: clean.map((pixels, i) => noisy(pixels, { width, height }, i)),
    truth: clean.map(data => ({ ...ownSize({ width, height }), data })),
  }
}

/** Each pixel is the mean of the photo's pixels around it, bilinear at the nearest ones. */
function cut(
  { data, width: pitch, height: rows }: Image,
  { zoom, left, top }: { zoom: number; left: number; top: number },
  { width, height }: { width: number; height: number },
): Uint8Array {
  const pixels = new Uint8Array(width * height * 4).fill(255)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [u, v] = [left + (x + 0.5) * zoom - 0.5, top + (y + 0.5) * zoom - 0.5]
      const [column, row] = [Math.floor(u), Math.floor(v)]
      for (let channel = 0; channel < 3; channel++) {
        const at = (dx: number, dy: number) => {
          const [i, j] = [
            Math.min(pitch - 1, Math.max(0, column + dx)),
            Math.min(rows - 1, Math.max(0, row + dy)),
          ]
          return data[(j * pitch + i) * 4 + channel]
        }
        const above = at(0, 0) + (at(1, 0) - at(0, 0)) * (u - column)
        const below = at(0, 1) + (at(1, 1) - at(0, 1)) * (u - column)
        pixels[(y * width + x) * 4 + channel] = Math.round(above + (below - above) * (v - row))
      }
    }
  return pixels
}

/** The same seed gives the same noise. */
function noisy(pixels: Uint8Array, size: { width: number; height: number }, seed: number): Image {
  const next = normalSource(seed)
  const data = new Uint8ClampedArray(pixels)
  for (let at = 0; at < data.length; at++) if (at % 4 < 3) data[at] = pixels[at] + NOISE * next()
  return { ...ownSize(size), data: new Uint8Array(data.buffer) }
}
