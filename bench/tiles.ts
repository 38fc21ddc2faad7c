// Segments a large photo in tiles by the command, and compares: `npm run bench:tiles -- [--side 10000] [--tile 1024] [--overlap 0.25]
// [--model scenes]`. The photo is a mosaic of drawn scenes. docs/scale.md has the numbers.
//
// - "Alone": the pixels that one window alone covers, beside that window as a photo of its own. They must be the same.
// - "Of a larger cut": the mask beside that of a cut of 2000² pixels, segmented whole at the same scale. Away from its edges they
//   differ by what the network sees: the cut shows it more, and image pooling is over other pixels.

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { renderScene } from '../scripts/scenes/ray_tracer.ts'
import { tilingOf } from '../src/inference/tiling.ts'
import { readMaskPng } from '../src/node/images/mask_png.ts'
import { DeepLab } from '../src/node/index.ts'

const { values } = parseArgs({
  options: {
    side: { type: 'string', default: '10000' },
    tile: { type: 'string', default: '1024' },
    overlap: { type: 'string', default: '0.25' },
    model: { type: 'string', default: 'scenes' },
  },
})
const [side, tile, overlap] = [values.side, values.tile, values.overlap].map(Number)

const FOLDER = 'out/tiles'
const PHOTO = `${FOLDER}/large.png`
const SCENES = 10
const SCENE_EDGE = 500

interface Cut {
  left: number
  top: number
  width: number
  height: number
}

async function drawPhoto(): Promise<void> {
  const size = { width: SCENE_EDGE, height: SCENE_EDGE }
  const scenes = Array.from({ length: SCENES }, (_, i) => renderScene({ seed: 100 + i, ...size }).image)
  const data = new Uint8Array(side * side * 4)
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x += SCENE_EDGE) {
      const [column, row] = [x / SCENE_EDGE, Math.floor(y / SCENE_EDGE)]
      const scene = scenes[(column * 7 + row * 3 + column * row) % SCENES]
      const from = (y % SCENE_EDGE) * SCENE_EDGE * 4
      const pixels = Math.min(SCENE_EDGE, side - x)
      data.set(scene.subarray(from, from + pixels * 4), (y * side + x) * 4)
    }
  mkdirSync(FOLDER, { recursive: true })
  const raw = { width: side, height: side, channels: 4 as const }
  await sharp(data, { raw }).removeAlpha().png({ compressionLevel: 3 }).toFile(PHOTO)
}

/** Runs the command. Returns the most memory that it had, in bytes. */
function segment(): number {
  const print = `process.on('exit', () => console.error('kilobytes', process.resourceUsage().maxRSS))`
  const options = ['--model', values.model, '--tile', String(tile), '--overlap', String(overlap)]
  const run = spawnSync(
    process.execPath,
    [
      ...[
        '--import',
        `data:text/javascript,${encodeURIComponent(print)}`,
        'bin/atrous.mjs',
        'segment',
        PHOTO,
      ],
      ...[...options, '--out', FOLDER, '--overwrite'],
    ],
    { encoding: 'utf8', stdio: ['ignore', 'inherit', 'pipe'] },
  )
  const found = /kilobytes (\d+)/.exec(run.stderr)
  if (run.status !== 0 || !found) throw new Error(run.stderr)
  return 1024 * Number(found[1])
}

/** The share of pixels of a part in which the photo's mask is that of a cut, segmented whole at the photo's scale. */
async function agreement(model: DeepLab, mask: Uint8Array, cut: Cut, part: Cut): Promise<number> {
  const { data } = await sharp(PHOTO, { limitInputPixels: false })
    .extract(cut)
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { width, height } = cut
  const whole = await model.segment({ width, height, data }, { size: Math.max(width, height) })
  let same = 0
  for (let y = part.top; y < part.top + part.height; y++)
    for (let x = part.left; x < part.left + part.width; x++)
      if (mask[y * side + x] === whole.mask[(y - cut.top) * width + x - cut.left]) same++
  return same / (part.width * part.height)
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`

await drawPhoto()
const peak = segment()
const { mask } = await readMaskPng(`${FOLDER}/large.mask.png`)
const model = await DeepLab.load(values.model, { tune: 'off' })
const { rows } = tilingOf({ width: side, height: side }, { tile, overlap, align: model.config.outputStride })
const middle = Math.floor(rows.windows.length / 2)
const { from, count } = rows.windows[middle]
const own = rows.parts.find(({ windows }) => windows.length === 1 && windows[0] === middle)!
const square = (from: number, edge: number): Cut => ({ left: from, top: from, width: edge, height: edge })
const alone = await agreement(model, mask, square(from, count), square(own.from, own.count))
const cut = square(Math.max(0, Math.min(side - 2000, from - 488)), Math.min(2000, side))
const inside = square(cut.left + 500, cut.width - 1000)
const larger = await agreement(model, mask, cut, inside)
await model.dispose()
console.log(`${side}² pixels in ${rows.windows.length ** 2} windows of ${count}², overlap ${overlap}`)
console.log(`most resident memory: ${(peak / 1e6).toFixed(0)} MB`)
console.log(`the same as a window alone, where no other is: ${percent(alone)}`)
console.log(`the same as a cut of ${cut.width}², 500 pixels from its edges: ${percent(larger)}`)
