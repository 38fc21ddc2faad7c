// What training on several machines would send, on paper: `npm run bench:distributed -- [PRESET …] [--step-seconds N]`. For each network: what
// it learns, the bytes of its gradients, an all-reduce of them, and the statistics that a synchronised batch norm sends. Nothing runs on a
// GPU. --step-seconds gives the share of the time that machines which take so long for a step would compute. docs/scale.md has the table.

import { parseArgs } from 'node:util'
import { digits, table } from '../src/cli/format.ts'
import { GraphBuilder, type ModelGraph } from '../src/graph/ops/index.ts'
import { loadNetwork } from '../src/model/backbones/index.ts'
import { outputStrides } from '../src/model/config.ts'
import { deepLab, deepLabInTraining } from '../src/model/deeplab.ts'
import { preset } from '../src/model/presets.ts'
import { learnedParameters } from '../src/train/learned_parameters.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'step-seconds': { type: 'string' } },
})
const NETWORKS = [
  ...['scenes', 'deeplabv3_mobilenet_v2', 'deeplabv3_resnet50', 'deeplabv3_resnet101'],
  ...['deeplabv3plus_resnet101', 'fcn8s_vgg16'],
]
const names = positionals.length > 0 ? positionals : NETWORKS
const CROP = 513
const FLOAT_BYTES = 4
const NODES = [2, 8, 64]
const GIGABITS = [10, 100]
/** From one machine to the next, through a switch and two stacks: TCP at 10 Gbit/s, RDMA is below a tenth of it. */
const HOP_SECONDS = 30e-6

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)
const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)

/**
 * In a ring each machine sends all but its own share twice: once to add, once to spread the sums. In a tree it sends everything twice, in
 * fewer hops. A library such as NCCL takes the faster one.
 */
function allReduceSeconds(bytes: number, nodes: number, gigabits: number): number {
  const seconds = bytes / (gigabits * 1.25e8)
  const ring = ((2 * (nodes - 1)) / nodes) * seconds + 2 * (nodes - 1) * HOP_SECONDS
  const tree = 2 * seconds + 2 * Math.ceil(Math.log2(nodes)) * HOP_SECONDS
  return Math.min(ring, tree)
}

/** The network on a photo, with what only training has if no output stride is given. */
function graphOf(name: string, outputStride?: number): ModelGraph {
  const { config } = preset(name)
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, CROP, CROP, 3])
  return builder.build(
    outputStride === undefined
      ? deepLabInTraining(builder, image, config, { outputStride: config.outputStride })
      : [deepLab(builder, image, config, outputStride)],
  )
}

/** Of the convolutions, as they are written: no trick saves any. */
const multiplyAdds = ({ ops }: ModelGraph) =>
  sum(
    ops.map(op => {
      if (!('weight' in op)) return 0
      const { input } = op.inputs as { input: { shape: readonly number[] } }
      const [n, h, w] = op.kind === 'convTranspose2d' ? input.shape : op.output.shape
      return n * h * w * product(op.weight.shape)
    }),
  )

function rowOf(name: string) {
  const { config } = preset(name)
  const parameters = sum(learnedParameters(config, { auxiliaryLoss: 0 }).map(({ shape }) => product(shape)))
  const norms = graphOf(name).ops.filter(op => op.kind === 'batchNorm')
  const channels = sum(norms.map(({ output }) => output.shape[3]))
  // Forward: the sums of x and of x². Backward: the sums of dy and of dy · x.
  const normBytes = 4 * channels * FLOAT_BYTES
  return {
    ...{ name, parameters, norms: norms.length, normBytes, gradientBytes: parameters * FLOAT_BYTES },
    macs: [16, 8].map(stride => {
      const isReachable = outputStrides(config).includes(stride)
      return isReachable ? digits(multiplyAdds(graphOf(name, stride)) / 1e9) : '–'
    }),
  }
}

for (const name of names) await loadNetwork(preset(name).config)
const rows = names.map(rowOf)
console.log(`A photo of ${CROP} × ${CROP} at output stride 16 and 8; a step sends each gradient once.\n`)
console.log(
  table(
    [
      [
        'network',
        'G multiply-adds at 16',
        'at 8',
        'M parameters',
        'gradient MB',
        'batch norms',
        'their statistics, MB',
      ],
      ...rows.map(({ name, macs, parameters, gradientBytes, norms, normBytes }) => [
        name,
        ...macs,
        ...[parameters / 1e6, gradientBytes / 1e6].map(digits),
        String(norms),
        digits(normBytes / 1e6),
      ]),
    ],
    { numbers: 1 },
  ),
)

const stepSeconds = values['step-seconds'] === undefined ? undefined : Number(values['step-seconds'])
for (const gigabits of GIGABITS) {
  const shareOf = (seconds: number) =>
    stepSeconds === undefined ? '' : `, ${((100 * stepSeconds) / (stepSeconds + seconds)).toFixed(0)} %`
  const cells = ({ gradientBytes, norms, normBytes }: (typeof rows)[number], nodes: number) => {
    const gradients = allReduceSeconds(gradientBytes, nodes, gigabits)
    const statistics = 2 * norms * allReduceSeconds(normBytes / (2 * norms || 1), nodes, gigabits)
    return `${digits(1000 * gradients)} + ${digits(1000 * statistics)}${shareOf(gradients + statistics)}`
  }
  console.log(`\n${gigabits} Gbit/s: ms for gradients + for statistics, by machines`)
  console.log(
    table(
      [
        ['network', ...NODES.map(String)],
        ...rows.map(row => [row.name, ...NODES.map(nodes => cells(row, nodes))]),
      ],
      { numbers: 1 },
    ),
  )
}
