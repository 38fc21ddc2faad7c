// Reads the files of make_golden.py: logits of whole networks on seeded weights and images.

import { readdirSync, readFileSync } from 'node:fs'
import { graphParameters } from '../../src/graph/ir/graph.ts'
import type { ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { seededParameter } from './seeded_weights.ts'

export interface GoldenCase {
  name: string
  options: DeepLabOptions
  outputStride: number
  height: number
  width: number
  /** The factor on the seeded weights of convolutions. Default: 1. */
  gain?: number
  /** The shape of the logits. */
  shape: number[]
}

const FOLDER = new URL('golden/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, FOLDER))
const readJson = (file: string) => JSON.parse(read(file).toString())

/** Sums of float32 bit patterns modulo 2³². */
interface Checksums {
  parameters: { name: string; shape: number[]; sum: number }[]
  image: { height: number; width: number; sum: number }
}

export const seededChecksums: Checksums = readJson('seeded.json')

/** Shapes by name, per torchvision model. */
export const torchvisionParameters: Record<string, Record<string, number[]>> = readJson('torchvision.json')

/** Each family's cases are in a file of their own, so that one family can be made again alone. */
const families = readdirSync(FOLDER).flatMap(file => /^(.*)\.bin$/.exec(file)?.[1] ?? [])

export const goldenIndex: readonly GoldenCase[] = families.flatMap(family => readJson(`${family}.json`))

/** Each case with the logits that PyTorch computed in float64, NHWC. */
export function goldenCases(): (GoldenCase & { logits: Float32Array })[] {
  return families.flatMap(family => {
    const all = new Float32Array(new Uint8Array(read(`${family}.bin`)).buffer)
    let offset = 0
    return (readJson(`${family}.json`) as GoldenCase[]).map(golden => {
      const count = golden.shape.reduce((a, b) => a * b)
      const logits = all.subarray(offset, offset + count)
      offset += count
      return { ...golden, logits }
    })
  })
}

/** The parameters of a case's network. */
export const goldenParameters = (graph: ModelGraph, { gain = 1 }: GoldenCase): Map<string, Float32Array> =>
  new Map(
    graphParameters(graph).map(parameter => {
      const values = seededParameter(parameter)
      return [parameter.name, parameter.shape.length === 4 ? values.map(value => value * gain) : values]
    }),
  )

/** The case's network from `image`, [1, height, width, 3], to its logits. */
export function goldenGraph({ options, outputStride, height, width }: GoldenCase): ModelGraph {
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, height, width, 3])
  return builder.build([deepLab(builder, image, deepLabConfig(options), outputStride)])
}
