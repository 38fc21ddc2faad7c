// Makes the pictures of README and docs. Run: npx tsx docs/make_pictures.ts [MODEL]
//
// scene.png is scene.svg, segmented by the network that the command takes by default; family.png has it without and with the CRF.
// samples.png has drawn scenes that the shipped network has not seen.

import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { renderScene } from '../scripts/scenes/ray_tracer.ts'
import { DeepLab } from '../src/node/index.ts'
import { renderSamples, sampleRow } from '../src/node/training/samples.ts'

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const [, , source = 'deeplabv3_mobilenet_v2'] = process.argv

const scene = file('scene')
await sharp(`${scene}.svg`).removeAlpha().png({ compressionLevel: 9 }).toFile(`${scene}.png`)

const model = await DeepLab.load(source)
const found = await model.segment(`${scene}.png`, { crf: 'default' })
await found.save(scene)
await model.dispose()
for (const { name, share } of found.classes) console.log(`${name} ${(share * 100).toFixed(1)} %`)

const compared = [
  'compare',
  `${scene}.png`,
  '--models',
  source,
  '--crf',
  '--out',
  file('family.png'),
  '--overwrite',
]
spawnSync(process.execPath, [file('../bin/atrous.mjs'), ...compared], { stdio: 'inherit' })

/** Of scenes for validation, which the network has not been trained on. */
const SEEDS = [12, 37, 62, 87]
const shipped = await DeepLab.load('scenes')
const rows = []
for (const seed of SEEDS) {
  const { image: data, mask, width, height } = renderScene({ seed, width: 257, height: 257 })
  const image = { data, width, height, originalWidth: width, originalHeight: height }
  const { mask: prediction } = await shipped.segment(image)
  rows.push(await sampleRow({ labelled: { id: String(seed), image, mask, width, height }, prediction }))
}
const headings = ['photo', 'truth', 'prediction'] as const
await writeFile(file('samples.png'), await renderSamples(rows, { classNames: shipped.classNames, headings }))
await shipped.dispose()
