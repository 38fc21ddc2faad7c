// Compares whole networks on the GPU with PyTorch's logits.

import { expect } from 'chai'
import { type Conv2dVariant, conv2dVariants } from '../../src/graph/convolution/strategies.ts'
import { needsFloat16, testGpu } from '../support/gpu.ts'
import { relativeError, runGraph, type VendorName, vendorGpus } from '../support/run_graph.ts'
import { goldenCases, goldenGraph, goldenParameters } from './golden.ts'
import { seededImage } from './seeded_weights.ts'

/** PyTorch's own float32 results differ from its float64 results by up to 7e-6 here. */
const TOLERANCE = 3e-5

/** Activations and weights are rounded to 11 bits instead of float32's 24, in MobileNetV2 more often than in ResNet. */
const FLOAT16_TOLERANCE = { resnet50: 5e-3, mobilenet_v2: 2e-2 }
/** AMD's GPUs also add up eight products in f16. */
const PACKED_TOLERANCE = { resnet50: 1e-2, mobilenet_v2: 4e-2 }

/** Networks whose layers are of the kinds that other cases have. */
const SAME_LAYERS =
  /resnet101|resnet18|resnet34|^fcn_|fcn32s|fcn16s|LargeFOV|VGG-16|decoder|xception65, multi-grid/

/** The part of a title about forced kernels for convolutions. */
const told = ({ variant, withoutSubgroups, asGpu }: Forced) => {
  const forced = [
    variant && `with ${variant}`,
    withoutSubgroups && 'as without subgroups',
    asGpu && `as on ${asGpu}`,
  ].filter(Boolean)
  return forced.length > 0 ? `${forced.join(' ')} (slow)` : ''
}

interface Forced {
  variant?: Conv2dVariant
  withoutSubgroups?: boolean
  asGpu?: VendorName
}

const vendorNames = Object.keys(vendorGpus) as VendorName[]

describe('logits of whole networks', () => {
  for (const golden of goldenCases()) {
    const { name, outputStride, height, width, logits } = golden
    // Square maps have no other kinds of layers than the other map. Matrix units take f16 and are not used by plans in f32.
    const variants = conv2dVariants.filter(variant => !/_matrix$|_rows$/.test(variant))
    const forced: Forced[] = [
      ...variants.map(variant => ({ variant, withoutSubgroups: variant === 'conv2d_tiled' })),
      { withoutSubgroups: true },
      ...(/^deeplabv3_(resnet50|mobilenet_v2)$/.test(name) ? vendorNames.map(asGpu => ({ asGpu })) : []),
    ]
    const isForced = !SAME_LAYERS.test(name) && height !== width
    describe(`${name}, ${height}×${width}, output stride ${outputStride}`, () => {
      let graph: ReturnType<typeof goldenGraph>
      let parameters: ReadonlyMap<string, Float32Array> | undefined
      before(() => {
        graph = goldenGraph(golden)
        parameters = goldenParameters(graph, golden)
      })
      after(() => {
        parameters = undefined // so that the memory of one network is taken at a time
      })
      for (const choice of [{}, ...(isForced ? forced : [])] as Forced[])
        it(`PyTorch's logits ${told(choice)}`, async () => {
          const inputs = { image: seededImage(height, width) }
          const outputs = await runGraph(await testGpu(), graph, { inputs, parameters, ...choice })
          const actual = outputs[graph.outputs[0].name]
          expect(actual.length).to.equal(logits.length)
          expect(relativeError(actual as Float32Array, logits)).to.be.below(TOLERANCE)
        })
    })
  }
})

describe('logits of whole networks in fp16 (needs shader-f16)', () => {
  before(needsFloat16)
  for (const backbone of ['resnet50', 'mobilenet_v2'] as const)
    for (const golden of goldenCases()) {
      const { name, outputStride, height, width, logits } = golden
      if (!name.endsWith(backbone) || height === width) continue
      const forced: Forced[] = [
        {},
        ...(backbone === 'resnet50' ? ([{ variant: 'winograd_4' }] as const) : []),
        ...vendorNames.map(asGpu => ({ asGpu })),
      ]
      for (const choice of forced)
        it(`${name}, ${height}×${width}, output stride ${outputStride} ${told(choice)}`, async () => {
          const graph = goldenGraph(golden)
          const inputs = { image: seededImage(height, width) }
          const outputs = await runGraph(await testGpu(), graph, { inputs, ...choice, precision: 'fp16' })
          const error = relativeError(outputs[graph.outputs[0].name] as Float32Array, logits)
          const tolerances = choice.asGpu?.startsWith('RDNA') ? PACKED_TOLERANCE : FLOAT16_TOLERANCE
          expect(error).to.be.below(tolerances[backbone])
          expect(error, 'it may have run in fp32').to.be.above(10 * TOLERANCE)
        })
    }
})
