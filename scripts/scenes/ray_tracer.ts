// Renders a picture and its mask from a seed.

import { rayThrough } from './camera.ts'
import { sceneClasses } from './classes.ts'
import { screenByte } from './colours.ts'
import { lightFrom } from './light.ts'
import { randomScene, type Scene } from './scene.ts'
import type { Ray } from './shapes/shape.ts'
import { firstHit } from './solid.ts'
import { add, scale, type Vector } from './vector.ts'

export interface RenderedScene {
  width: number
  height: number
  /** Red, green, blue and an opaque alpha; row by row from the top: height · width · 4 bytes. */
  image: Uint8Array
  /** For each pixel, the class at its centre as an index in sceneClasses: height · width bytes. */
  mask: Uint8Array
}

/**
 * Draws the scene of a seed (a whole number of up to 32 bits). The same seed and size give the same bytes on every machine. The
 * same seed gives the same scene in all sizes of one aspect ratio.
 */
export function renderScene({
  seed,
  width,
  height,
}: {
  seed: number
  width: number
  height: number
}): RenderedScene {
  const shorter = Math.min(width, height)
  return renderBodies(randomScene(seed, [width / shorter, height / shorter]), { width, height })
}

/** Draws a scene that is there already, such as one whose bodies move. */
export function renderBodies(
  scene: Scene,
  { width, height }: { width: number; height: number },
): RenderedScene {
  const shorter = Math.min(width, height)
  const view: View = {
    scene,
    width,
    height,
    rayAt: (x, y) => rayThrough(scene.camera, (2 * x - width) / shorter, (height - 2 * y) / shorter),
  }
  const { image, mask } = drawCentres(view)
  return { width, height, image: smoothed(view, image), mask }
}

interface View {
  scene: Scene
  width: number
  height: number
  /** The ray through a point of the picture, in pixels from its top left corner. */
  rayAt(x: number, y: number): Ray
}

/**
 * Renders the mask, and the picture with one ray per pixel. Neighbouring pixels take their shadows from different parts of the
 * lamps. So they differ at the soft edge of a shadow, where `smoothed` then casts more rays.
 */
function drawCentres({ scene, width, height, rayAt }: View): Pick<RenderedScene, 'image' | 'mask'> {
  const image = new Uint8Array(height * width * 4).fill(255)
  const mask = new Uint8Array(height * width)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x
      const ray = rayAt(x + 0.5, y + 0.5)
      const hit = firstHit(scene.bodies, ray)
      if (hit) mask[pixel] = sceneClasses.indexOf(hit.body.name)
      develop(image, pixel, lightFrom(hit, ray, { scene, part: (x % 2) + 2 * (y % 2) }))
    }
  return { image, mask }
}

/** The positions of the four samples in a pixel: on a rotated square, so that no two share a row or a column. */
const SAMPLES = [
  [0.375, 0.125],
  [0.875, 0.375],
  [0.125, 0.625],
  [0.625, 0.875],
] as const

/** The picture, with four rays for each pixel that differs from a neighbour. */
function smoothed(view: View, centres: Uint8Array): Uint8Array {
  const { scene, width, height, rayAt } = view
  const image = centres.slice()
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (!standsOut(centres, view, x, y)) continue
      let light: Vector = [0, 0, 0]
      for (let part = 0; part < SAMPLES.length; part++) {
        const [dx, dy] = SAMPLES[part]
        const ray = rayAt(x + dx, y + dy)
        light = add(light, lightFrom(firstHit(scene.bodies, ray), ray, { scene, part }))
      }
      develop(image, y * width + x, scale(light, 1 / SAMPLES.length))
    }
  return image
}

/** Neighbours that differ by more than this in a channel (0 to 255) are an edge. */
const EDGE = 16

/** Whether a pixel is on an edge: of a body, of a shadow, or within a texture. */
function standsOut(image: Uint8Array, { width, height }: View, x: number, y: number): boolean {
  const pixel = (y * width + x) * 4
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++)
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
      const neighbour = (row * width + column) * 4
      for (let channel = 0; channel < 3; channel++)
        if (Math.abs(image[pixel + channel] - image[neighbour + channel]) > EDGE) return true
    }
  return false
}

/** Writes light to a pixel with a tone curve like film: dim light in proportion, bright light compressed (after Reinhard). */
function develop(image: Uint8Array, pixel: number, light: Vector) {
  for (let channel = 0; channel < 3; channel++) {
    const l = light[channel]
    image[pixel * 4 + channel] = screenByte((1.33 * l * (1 + l / 4)) / (1 + l))
  }
}
