// Draws the ready-made pictures of the page: scenes that the shipped network has not been trained on, and the documentation's boat, which
// networks for photos know.
// usage: npx tsx scripts/scenes/render_gallery.ts -> web/gallery/*.jpg

import { fileURLToPath } from 'node:url'
import sharp, { type Sharp } from 'sharp'
import { renderScene } from './ray_tracer.ts'

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The seeds of scenes for validation, by what is in them. */
const SCENES = { rings: 11, cones: 14, cylinders: 20 }

const save = (picture: Sharp, name: string) =>
  picture
    .removeAlpha()
    .jpeg({ quality: 85, mozjpeg: true })
    .toFile(file(`../../web/gallery/${name}.jpg`))

for (const [name, seed] of Object.entries(SCENES)) {
  const { image, width, height } = renderScene({ seed, width: 640, height: 480 })
  await save(sharp(image, { raw: { width, height, channels: 4 } }), name)
}
await save(sharp(file('../../docs/scene.png')), 'boat')
