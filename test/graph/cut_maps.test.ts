// Maps that are larger than the GPU binds are computed in bands of rows, to the same result.

import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import type { ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { optimise } from '../../src/graph/passes/index.ts'
import { createPlan } from '../../src/graph/plan/create_plan.ts'
import { cutMaps } from '../../src/graph/plan/cut_maps.ts'
import type { PlanLimits } from '../../src/graph/plan/limits.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { preset } from '../../src/model/presets.ts'
import { seededImage } from '../model/seeded_weights.ts'
import { TINY } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'
import { relativeError, runGraph } from '../support/run_graph.ts'
import { DEFAULT_LIMITS, targetOf } from '../support/target.ts'
import { withLimits } from '../support/with_limits.ts'

/** Every op that is computed in bands, on maps of odd sizes; first those of a photo, then on smaller ones. */
function everyOp(): ModelGraph {
  const builder = new GraphBuilder()
  const photo = builder.input('photo', [1, 151, 111, 4], 'rgba8')
  const views = [false, true].map(flip => {
    const logits = () => network(builder, builder.preprocess(photo, { ...imageOptions, flip }))
    return { logits: builder.within(`${flip}`, logits), flip, weight: 0.5 }
  })
  const size = { height: 129, width: 97, alignCorners: false }
  const probabilities = builder.meanProbabilities(views, { ...size, name: 'probabilities' })
  const mask = builder.upsampleArgmax(probabilities, {
    ...{ name: 'mask', height: 151, width: 128, alignCorners: false },
  })
  return builder.build([mask, builder.softmax(views[0].logits, { name: 'softmax' })])
}

const imageOptions = { name: 'image', height: 129, width: 97, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] }

function network(builder: GraphBuilder, image: ReturnType<GraphBuilder['input']>) {
  const normal = (name: string, input: typeof image) => builder.batchNorm(input, { name, epsilon: 1e-3 })
  const stem = normal('bn1', builder.conv2d(image, { name: 'stem', outChannels: 16, kernel: 7, stride: 2 }))
  const first = builder.activation(stem, 'relu')
  const expanded = builder.activation(
    builder.conv2d(first, { name: 'expand', outChannels: 32, kernel: 1 }),
    'relu6',
  )
  const deep = builder.depthwiseConv2d(expanded, { name: 'depthwise', kernel: 3, bias: true })
  const projected = builder.conv2d(deep, { name: 'project', outChannels: 16, kernel: 1, bias: true })
  const joined = builder.activation(builder.add(projected, first, { name: 'joined' }), 'relu')
  const summed = builder.add(normal('bn2', joined), builder.activation(joined, 'relu6'), { name: 'summed' })
  const small = builder.depthwiseConv2d(summed, { name: 'small', kernel: 3, stride: 2, padding: 'same' })
  const pooled = builder.maxPool(summed, { name: 'pooled', kernel: 3, stride: 2, padding: 1 })
  const atrous = builder.conv2d(small, { name: 'atrous', outChannels: 16, kernel: 3, dilation: 5 })
  const both = builder.concat([pooled, atrous], { name: 'both' })
  const { shape } = joined
  const large = builder.resize(both, {
    ...{ name: 'large', height: shape[1], width: shape[2], alignCorners: true },
  })
  const upsampled = builder.convTranspose2d(both, {
    name: 'upsampled',
    outChannels: 32,
    kernel: 3,
    stride: 2,
  })
  const cut = builder.crop(upsampled, { name: 'cut', offset: 1, height: shape[1], width: shape[2] })
  const sum = builder.add(large, cut, { name: 'sum' })
  return builder.conv2d(sum, { name: 'logits', outChannels: 13, kernel: [3, 1], bias: true })
}

const photoBytes = Uint8Array.from({ length: 151 * 111 * 4 }, (_, i) => (i * 7919) % 251)

const limited = (maxStorageBufferBindingSize: number, maxBufferSize: number): PlanLimits => ({
  ...{ maxStorageBufferBindingSize, maxBufferSize, minStorageBufferOffsetAlignment: 256 },
})

describe('cutMaps', () => {
  const inputs = { photo: photoBytes }

  it('leaves a graph alone whose maps can be bound', () => {
    const graph = optimise(everyOp())
    expect(cutMaps(graph, DEFAULT_LIMITS)).to.equal(graph)
  })

  for (const limits of [
    limited(600e3, 1e6),
    limited(200e3, 2e6),
    limited(100e3, 320e3),
    limited(60e3, 1e6),
    limited(60e3, 320e3),
  ])
    for (const options of [{}, { passes: { folding: [], fusing: [] } }, { precision: 'fp16' as const }]) {
      const { maxStorageBufferBindingSize: most, maxBufferSize } = limits
      const [way] = Object.keys(options)
      it(`computes the same bits with bindings of ${most} bytes and buffers of ${maxBufferSize}${way ? `, ${way}` : ''}`, async () => {
        const gpu = await testGpu()
        const run = () => runGraph(gpu, everyOp(), { inputs, winograd: false, ...options })
        const whole = await run()
        const inBands = await withLimits(gpu, limits, run)
        for (const [name, values] of Object.entries(whole))
          expect(Buffer.from(inBands[name].buffer).equals(Buffer.from(values.buffer)), name).to.equal(true)
      })
    }

  it('puts parts of a map into several buffers, none of them too large', () => {
    const limits = limited(60e3, 320e3)
    const plan = createPlan(everyOp(), targetOf({ limits, subgroupSize: 8, winograd: false }))
    expect(plan.arenaBuffers.length).to.be.above(1)
    for (const bytes of plan.arenaBuffers) expect(bytes).to.be.at.most(320e3)
    const gathered = plan.graph.ops.filter(({ name }) => name.includes('gathered'))
    expect(gathered).to.not.deep.equal([])
  })

  for (const variant of ['conv2d', 'conv2d_tiled', 'winograd_4', 'winograd_3'] as const)
    it(`computes the same but for rounding by ${variant}, as hardware GPUs and Winograd's tiles do${variant === 'conv2d' ? ' (slow)' : ''}`, async () => {
      const gpu = await testGpu()
      const options = { inputs, variant, withoutSubgroups: !variant.startsWith('winograd') }
      const whole = await runGraph(gpu, everyOp(), options)
      const bands = cutMaps(optimise(everyOp()), limited(60e3, 1e6))
      const inBands = await runGraph(gpu, bands, options)
      expect(relativeError(inBands.softmax, whole.softmax)).to.be.below(1e-5)
    })

  it('adds up the mean over a map from its bands', async () => {
    const gpu = await testGpu()
    const builder = new GraphBuilder()
    const image = builder.input('image', [1, 77, 31, 32])
    const graph = builder.build([builder.globalAveragePool(image, { name: 'mean' })])
    const inputs = { image: seededImage(77, 331).subarray(0, 77 * 31 * 32) }
    const whole = await runGraph(gpu, graph, { inputs })
    for (const most of [200e3, 100e3, 30e3]) {
      const { mean } = await withLimits(gpu, limited(most, 1e6), () => runGraph(gpu, graph, { inputs }))
      expect(relativeError(mean, whole.mean), `${most} bytes`).to.be.below(1e-5)
    }
  })

  it('computes the logits of MobileNetV2 and of a ResNet', async () => {
    const gpu = await testGpu()
    for (const [config, limits] of [
      [preset('deeplabv3_mobilenet_v2').config, limited(650e3, 1.2e6)],
      [deepLabConfig(TINY), limited(120e3, 300e3)],
    ] as const) {
      const builder = new GraphBuilder()
      const image = builder.input('image', [1, 129, 129, 3])
      const graph = optimise(builder.build([deepLab(builder, image, config, 16)]))
      const bands = cutMaps(graph, limits)
      expect(bands.ops.length, config.backbone).to.be.above(graph.ops.length)
      const options = { inputs: { image: seededImage(129, 129) } }
      const [whole, inBands] = [await runGraph(gpu, graph, options), await runGraph(gpu, bands, options)]
      const [logits] = graph.outputs
      expect(relativeError(inBands[logits.name], whole[logits.name]), config.backbone).to.be.below(1e-4)
    }
  })

  it('computes a convolution by halves of its input channels where not even a row of it fits', async () => {
    const gpu = await testGpu()
    const builder = new GraphBuilder()
    const image = builder.input('image', [1, 65, 65, 3])
    const wide = builder.conv2d(image, { name: 'wide', outChannels: 64, kernel: 1, stride: 2, bias: true })
    const options = { outChannels: 16, kernel: 3, dilation: 12 }
    const atrous = builder.batchNorm(builder.conv2d(wide, { ...options, name: 'atrous' }), {
      ...{ name: 'bn', epsilon: 1e-3 },
    })
    const point = builder.conv2d(image, { name: 'point', outChannels: 16, kernel: 1, stride: 2 })
    const sum = builder.activation(builder.add(atrous, point, { name: 'sum' }), 'relu')
    const graph = optimise(builder.build([sum]))
    const limits = limited(80e3, 1e6)
    expect(cutMaps(graph, limits).ops.filter(({ kind }) => kind === 'sliceChannels')).to.not.deep.equal([])
    const [{ name }] = graph.outputs
    for (const precision of ['fp32', 'fp16'] as const) {
      const inputs = { image: seededImage(65, 65) }
      const run = () => runGraph(gpu, graph, { inputs, precision, winograd: false })
      const [whole, halves] = [await run(), await withLimits(gpu, limits, run)]
      const rounding = precision === 'fp32' ? 1e-5 : 4e-3
      expect(relativeError(halves[name], whole[name]), precision).to.be.below(rounding)
    }
  })

  it('refuses what does not fit in one line, with the bytes and what to do', () => {
    const refusal = (limits: PlanLimits) => () => createPlan(everyOp(), targetOf({ limits, subgroupSize: 8 }))
    expect(refusal(limited(20e3, 1e6))).to.throw(
      UserError,
      /^.*: \d+ rows of its maps take \d\.\d MiB, and this GPU binds 0\.0 MiB at once: take a narrower image$/,
    )
    expect(refusal(limited(60e3, 65e3))).to.throw(
      UserError,
      /^photo takes 0\.1 MiB, and this GPU's largest buffer is 0\.1 MiB: take a smaller image, or fewer at a time$/,
    )
    const batch = new GraphBuilder()
    const images = batch.input('images', [2, 65, 65, 3])
    const graph = batch.build([batch.activation(images, 'relu')])
    expect(() => createPlan(graph, targetOf({ limits: limited(60e3, 1e6) }))).to.throw(
      UserError,
      /^images takes 0\.1 MiB, and this GPU binds 0\.1 MiB at once: take .* fewer of them at a time/,
    )
  })
})
