// Makes the README's pictures: renders docs/scene.svg and segments it. Run: npx tsx docs/make_pictures.ts [MODEL]

import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { DeepLab } from '../src/node/index.ts'

const scene = fileURLToPath(new URL('scene', import.meta.url))
await sharp(`${scene}.svg`).removeAlpha().png({ compressionLevel: 9 }).toFile(`${scene}.png`)

const model = await DeepLab.load(process.argv[2] ?? 'deeplabv3_mobilenet_v2')
const found = await model.segment(`${scene}.png`, { crf: 'default' })
await found.save(scene)
await model.dispose()
for (const { name, share } of found.classes) console.log(`${name} ${(share * 100).toFixed(1)} %`)
