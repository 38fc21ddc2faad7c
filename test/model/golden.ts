// Reads the files of make_golden.py: logits of whole networks on seeded weights and images.

import { readFileSync } from 'node:fs'
import { graphParameters } from '../../src/graph/ir/graph.ts'
import type { ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { seededParameter } from './seeded_weights.ts'

interface Index {
  cases: GoldenCase[]
  /** Sums of float32 bit patterns modulo 2³². */
  checksums: { name: string; shape: number[]; sum: number }[]
  imageChecksum: { height: number; width: number; sum: number }
  /** Shapes by name, per torchvision model. */
  torchvisionParameters: Record<string, Record<string, number[]>>
}

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

const read = (file: string) => readFileSync(new URL(`golden/${file}`, import.meta.url))

export const goldenIndex: Index = JSON.parse(read('index.json').toString())

/** Networks that make_golden.py makes by themselves, each in files of their own. */
const FAMILIES = ['vgg', 'v2'] as const

type Logits = GoldenCase & { logits: Float32Array }

/** Each case with the logits that PyTorch computed in float64, NHWC. */
export const goldenCases = (): Logits[] => [
  ...logitsOf(goldenIndex.cases, 'logits.bin'),
  ...FAMILIES.flatMap(family => logitsOf(JSON.parse(read(`${family}.json`).toString()), `${family}.bin`)),
]

function logitsOf(cases: GoldenCase[], file: string): Logits[] {
  const all = new Float32Array(new Uint8Array(read(file)).buffer)
  let offset = 0
  return cases.map(golden => {
    const count = golden.shape.reduce((a, b) => a * b)
    const logits = all.subarray(offset, offset + count)
    offset += count
    return { ...golden, logits }
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
