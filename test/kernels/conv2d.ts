import { expect } from 'chai'
import type { Kernel } from '../../src/gpu/kernel.ts'
import type { Bytes } from '../../src/gpu/run_kernel.ts'
import { type Conv2dOptions, type Conv2dTile, conv2d } from '../../src/kernels/convolution/conv2d.ts'
import { type Array4, plantedArray4, randomArray4, randomWeight } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { type Conv2d, conv2dAt, conv2dShape, conv2d as reference } from '../reference/conv2d.ts'
import { randomValues } from '../reference/random.ts'
import { padding, paddingOf } from '../reference/window.ts'
import { toGpu } from '../support/activations.ts'
import { activations, type Expected, sampledActivations } from '../support/expected.ts'
import { roundToFloat16 } from '../support/float16.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { packWeight } from '../support/pack_weight.ts'
import { type Conv2dCase, cases, plain } from './shared/conv2d_cases.ts'

/** The operands of a case, made from its seed. */
export function conv2dOf(test: Conv2dCase): Conv2d {
  const { seed, stride, dilation, activation, outChannels, kernel } = test
  const [n, , , c] = test.input
  const conv: Conv2d = {
    input: plantedArray4(test.input, seed, test.plant),
    weight: randomWeight([outChannels, c, ...kernel], seed + 1),
    stride,
    dilation,
    padding: paddingOf(test),
    activation,
  }
  // So large that some results are beyond both bounds of relu6.
  const biasScale = activation === 'relu6' ? 8 : 1
  if (test.bias === 'channel') conv.bias = randomValues(outChannels, seed + 2, biasScale)
  if (test.bias === 'image') conv.imageBias = randomValues(n * outChannels, seed + 2, biasScale)
  if (test.residual) conv.residual = randomArray4(conv2dShape(conv), seed + 3)
  return conv
}

const outputs = new WeakMap<Conv2dCase, Array4>()

/** The reference's output of a case. It is computed once for all kernels that are compared with it. */
export function outputOf(test: Conv2dCase): Array4 {
  const output = outputs.get(test) ?? reference(conv2dOf(test))
  outputs.set(test, output)
  return output
}

interface Slice {
  offset: number
  channels: number
}

export interface Conv2dRunOptions {
  /** The function that makes the kernel. Default: `conv2d`. */
  variant?: (options: Conv2dOptions) => Kernel
  /** Where the result goes in a wider tensor. The rest of the tensor may not change. */
  slice?: Slice
  /** Whether the kernel gets its weight in PyTorch's layout. */
  unpacked?: boolean
  /** Rounds input and weight to f16, for a kernel that rounds them: adapters may round in different ways. */
  asFloat16?: boolean
}

export function conv2dRun(
  test: Conv2dCase,
  { variant = conv2d, slice, unpacked = false, asFloat16 = false }: Conv2dRunOptions = {},
): KernelRun {
  const operands = asFloat16 ? inFloat16(conv2dOf(test)) : conv2dOf(test)
  const { input, weight, padding, bias, imageBias, residual } = operands
  const { name: label, outChannels, kernel, stride, dilation, activation } = test
  const packed = packWeight({ weight, bias })
  const biasShape = [input.shape[0], 1, 1, outChannels] as const
  return {
    kernel: variant({
      label,
      input: input.shape,
      outChannels,
      kernel,
      stride,
      dilation,
      padding,
      bias: test.bias,
      residual: test.residual,
      activation,
      slice,
      unpacked,
    }),
    data: {
      input: toGpu(input),
      weight: unpacked ? Float32Array.from(weight.data) : packed.weight,
      bias: imageBias ? toGpu({ shape: biasShape, data: imageBias }) : packed.bias,
      ...(residual && { [test.residual === 'in place' ? 'output' : 'residual']: toGpu(residual) }),
      ...(slice && { output: ramp(operands, slice) }),
    },
    expected: {
      output: slice ? sliced(operands, slice) : convolved(test, operands, asFloat16),
    },
  }
}

const inFloat16 = ({ input, weight, ...others }: Conv2d): Conv2d => ({
  ...others,
  input: { ...input, data: roundToFloat16(input.data) },
  weight: { ...weight, data: roundToFloat16(weight.data) },
})

/** The terms of a sum. */
const fanInOf = ({ weight: { shape } }: Conv2d) => shape[1] * shape[2] * shape[3]

function convolved(test: Conv2dCase, operands: Conv2d, isRounded: boolean): Expected {
  const { plant, spotCheck, seed } = test
  const rtol = tolerance(fanInOf(operands))
  return spotCheck
    ? sampledActivations(conv2dShape(operands), place => conv2dAt(operands, place), { seed, rtol })
    : activations(() => (isRounded ? reference(operands) : outputOf(test)), {
        rtol,
        anyPadding: plant !== undefined,
      })
}

/** The result in its place of a wider tensor, the rest of which is still as `ramp` made it. */
function sliced(operands: Conv2d, slice: Slice): Expected {
  const rtol = tolerance(fanInOf(operands))
  const end = slice.offset + operands.weight.shape[0]
  const isResult = (index: number) => index % slice.channels >= slice.offset && index % slice.channels < end
  return {
    check: (output: Bytes) => {
      const wide = new Float32Array(output.buffer)
      const changed = wide.findIndex((value, index) => !isResult(index) && value !== index)
      expect(changed, 'a value beside the slice that changed').to.equal(-1)
      const result = wide.filter((_, index) => isResult(index))
      expectClose(result, reference(operands).data, { shape: conv2dShape(operands), rtol })
    },
    answer: () => {
      const result = reference(operands).data.values()
      const values = ramp(operands, slice).map((value, index) =>
        isResult(index) ? result.next().value! : value,
      )
      return { values, tolerance: { rtol } }
    },
  }
}

/** 0, 1, 2 …: what the wider tensor of a slice holds before. */
function ramp(operands: Conv2d, { channels }: Slice): Float32Array {
  const [n, h, w] = conv2dShape(operands)
  return Float32Array.from({ length: n * h * w * channels }, (_, index) => index)
}

export const conv2dCase = (name: string): Conv2dCase => cases.find(test => test.name === name)!

/** For kernels that write into a slice: whole vectors of channels. */
export const wholeVectors: Conv2dCase[] = [
  conv2dCase('21 → 24 channels'),
  {
    ...plain,
    name: '3 → 4 channels',
    input: [1, 3, 4, 3],
    outChannels: 4,
    kernel: [1, 1],
    padding: padding(0),
    answer: true,
  },
]

const forTiles = [
  '5 → 21 channels, batch 3',
  'dilation 8 on 9×9: the edges alone see other taps',
  'residual, relu, batch 3, 24 → 24',
  'bias per image, 3×3, residual, batch 2',
  'Inf where only far taps reach: padding must not multiply it',
].map(conv2dCase)

/** Those that the chooser picks, and odd ones. */
const tiles: Conv2dTile[] = [
  { pixels: 4, vectors: 2, lanesX: 2, lanesY: 32 },
  ...[8, 1].flatMap(pixels => [
    { pixels, vectors: 2, lanesX: 8, lanesY: 4 },
    { pixels, vectors: 2, lanesX: 4, lanesY: 8 },
    { pixels, vectors: 2, lanesX: 2, lanesY: 16 },
    { pixels, vectors: 1, lanesX: 2, lanesY: 16 },
  ]),
  { pixels: 3, vectors: 1, lanesX: 1, lanesY: 1 },
  { pixels: 2, vectors: 3, lanesX: 3, lanesY: 5 },
]

const slices: Slice[] = [
  { offset: 0, channels: 40 },
  { offset: 12, channels: 40 },
  { offset: 24, channels: 48 },
]

export const suite: KernelSuite<Conv2dCase> = {
  shader: 'conv2d',
  cases,
  run: test => conv2dRun(test),
  variants: {
    ...Object.fromEntries(
      slices.map(slice => [
        `into ${slice.channels} channels, from ${slice.offset} on`,
        { cases: wholeVectors.slice(0, 1), run: (test: Conv2dCase) => conv2dRun(test, { slice }) },
      ]),
    ),
    'into 12 channels, from 4 on': {
      cases: wholeVectors.slice(1),
      run: test => conv2dRun(test, { slice: { offset: 4, channels: 12 } }),
    },
  },
  tiles: Object.fromEntries(
    tiles.map(tile => [
      tileName(tile),
      {
        cases: forTiles,
        run: (test: Conv2dCase) => conv2dRun(test, { variant: options => conv2d({ ...options, tile }) }),
      },
    ]),
  ),
}

export function tileName({ pixels, vectors, lanesX, lanesY }: Conv2dTile): string {
  return `${pixels} pixels × ${vectors} vectors, ${lanesX} × ${lanesY} lanes`
}
