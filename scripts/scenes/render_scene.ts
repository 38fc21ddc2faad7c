// Draws one scene with the ray tracer in this folder: the picture, and a mask of its classes in VOC's colours.
// usage: npx tsx scripts/scenes/render_scene.ts SEED OUT.png [WIDTH HEIGHT] -> OUT.png, OUT.truth.png

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { encode } from 'fast-png'
import { vocPalette } from '../../src/data/palette.ts'
import { writeMaskPng } from '../../src/node/images/mask_png.ts'
import { renderScene } from './ray_tracer.ts'

const [seed, out, width = '640', height = '480'] = process.argv.slice(2)
if (!out?.endsWith('.png')) {
  console.error('usage: npx tsx scripts/scenes/render_scene.ts SEED OUT.png [WIDTH HEIGHT]')
  process.exit(1)
}
mkdirSync(dirname(out), { recursive: true })
const scene = renderScene({ seed: Number(seed), width: Number(width), height: Number(height) })
writeFileSync(out, encode({ width: scene.width, height: scene.height, data: scene.image, channels: 4 }))
await writeMaskPng(out.replace(/\.png$/, '.truth.png'), scene, vocPalette)
