// This package in Node, in a process that segments the photo on request: node_process.ts WORKLOAD.

import { join } from 'node:path'
import sharp from 'sharp'
import { DeepLab } from '../../src/node/index.ts'

export interface NodeRun {
  milliseconds: number
  mask: Uint8Array
}

const [workload] = process.argv.slice(2)
const model = await DeepLab.load(join(workload, 'atrous'), { tune: 'off' })
const { data, info } = await sharp(join(workload, 'photo.png')).raw().toBuffer({ resolveWithObject: true })
const photo = { data, width: info.width, height: info.height }

process.on('message', async () => {
  const start = performance.now()
  const { mask } = await model.segment(photo)
  const run: NodeRun = { milliseconds: performance.now() - start, mask }
  process.send!(run)
})
process.on('disconnect', () => process.exit())
