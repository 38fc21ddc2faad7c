// Reads the checkpoints that real_libraries.py wrote with other libraries' own code. Prints for each the errors of its logits, or the line
// that refuses it. Then fine-tunes it for a step, for `real_libraries.py strict`.
//
//   npx tsx test/model/real_libraries.ts FOLDER [PART OF A NAME]

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../src/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { type Model, readModel } from '../../src/library/model_files.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'
import { DeepLab, openDataset } from '../../src/node/index.ts'
import { Trainer } from '../../src/node/training/trainer.ts'
import { findWeights } from '../../src/node/weights.ts'
import { writeHalves } from '../node/halves_dataset.ts'
import { relativeError, runGraph } from '../support/run_graph.ts'
import { goldenGraph } from './golden.ts'
import { seededImage } from './seeded_weights.ts'

interface View {
  outputStride: number
  height: number
  width: number
  shape: number[]
  file: string
}

interface Case {
  name: string
  file: string
  folder: string
  views: View[]
  refused: boolean
}

const [folder, part = ''] = process.argv.slice(2)

async function main(): Promise<void> {
  const cases: Case[] = JSON.parse(await readFile(join(folder, 'cases.json'), 'utf8'))
  const gpu = await openGpu()
  const dataset = await mkdtemp(join(tmpdir(), 'atrous-libraries-'))
  await writeHalves(dataset)
  console.log('| network | largest error of the logits, of the largest logit |\n| --- | --- |')
  for (const each of cases.filter(({ name }) => name.includes(part))) {
    const text = each.refused ? await refusalOf(each) : await errorsOf(gpu, each)
    console.log(`| ${each.name} | ${text} |`)
    if (!each.refused) await fineTune(gpu, each, dataset)
  }
  gpu.destroy()
  await rm(dataset, { recursive: true })
}

async function readCase({ file }: Case): Promise<{ model: Model; warnings: string[] }> {
  const warnings: string[] = []
  const found = await findWeights(join(folder, file))
  return { model: await readModel(found, { onWarning: message => warnings.push(message) }), warnings }
}

async function errorsOf(gpu: Gpu, each: Case): Promise<string> {
  const { model, warnings } = await readCase(each)
  const texts: string[] = []
  for (const { outputStride, height, width, shape, file } of each.views) {
    const bytes = await readFile(join(folder, each.folder, file))
    const expected = new Float32Array(new Uint8Array(bytes).buffer)
    const graph = goldenGraph({ name: each.name, options: model.config, outputStride, height, width, shape })
    const inputs = { image: seededImage(height, width) }
    const outputs = await runGraph(gpu, graph, { inputs, parameters: model.parameters })
    const found = outputs[graph.outputs[0].name] as Float32Array
    // A network with one logit has a zero before it.
    const logits = model.oneLogit ? found.filter((_, i) => i % 2 === 1) : found
    const error = logits.length === expected.length ? relativeError(logits, expected).toExponential(1) : NaN
    texts.push(`stride ${outputStride}, ${height}×${width}: ${error}`)
  }
  return [...texts, ...warnings].join('; ')
}

async function refusalOf(each: Case): Promise<string> {
  try {
    await readCase(each)
    return 'READ, though it should be refused'
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return `refused: ${error.message}`
  }
}

async function fineTune(gpu: Gpu, { file, folder: own }: Case, data: string): Promise<void> {
  const dataset = await openDataset(`voc:${data}`, { split: 'train' })
  const model = await DeepLab.load(join(folder, file), { gpu })
  const options = { steps: 1, batchSize: 1, cropSize: 33, freezeBatchNorm: true }
  for await (const _ of new Trainer(model, dataset, options));
  await model.save(join(folder, own, 'fine-tuned'))
  await model.dispose()
}

await main()
