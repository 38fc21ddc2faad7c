// Segments docs/scene.png in Node and writes the mask's bytes to stdout. A program of its own, on the driver of $VK_ICD_FILENAMES.

import { fileURLToPath } from 'node:url'
import { DeepLab } from '../../src/node/index.ts'

const model = await DeepLab.load('scenes', { tune: 'off' })
const { mask } = await model.segment(fileURLToPath(new URL('../../docs/scene.png', import.meta.url)))
await model.dispose()
process.stdout.write(mask)
