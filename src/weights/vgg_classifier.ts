// The fully connected layers of VGG-16 as the convolutions fc6 and fc7 of FCN and DeepLab.

import type { Renaming } from '../model/layouts/renaming.ts'
import type { HostTensor, StateDict } from './tensor.ts'

/** The indices of the convolutions in torchvision's and timm's `features`, block by block. */
const FEATURES = [
  [0, 2],
  [5, 7],
  [10, 12, 14],
  [17, 19, 21],
  [24, 26, 28],
]

/** The most branches of a pyramid (Chen et al. 2016), each of which has layers fc6 and fc7. */
const BRANCHES = 16

/** The names of torchvision's and timm's VGG-16. A checkpoint without fully connected layers leaves fc6 and fc7 untrained. */
export function vggNames(stateDict: StateDict): Renaming {
  const convolutions = FEATURES.flatMap((indices, block) =>
    indices.map((index, i) => [`features.${index}.*`, `conv${block + 1}_${i + 1}.*`] as const),
  )
  if (!fullyConnected(stateDict)) return convolutions
  const branches = Array.from({ length: BRANCHES }, (_, i) => `_${i + 1}`)
  const layers = ['fc6', 'fc7'].flatMap(layer =>
    ['', ...branches].map(suffix => [`${layer}.*`, `${layer}${suffix}.*`] as const),
  )
  return [...convolutions, ...layers]
}

/** The shape of a network's parameter by its name; undefined if it has none of that name. */
export type ShapeOf = (name: string) => readonly number[] | undefined

/** VGG-16's last map has 7×7 pixels. */
const KERNELS = [7, 1]

/**
 * The checkpoint with its fully connected layers as the convolutions fc6 and fc7, in the network's shapes. FCN has them whole; DeepLab has
 * fewer channels and taps.
 */
export function withConvolutions(stateDict: StateDict, shapeOf: ShapeOf): StateDict {
  const found = new Map(stateDict)
  for (const [i, theirs] of (fullyConnected(stateDict) ?? []).entries()) {
    for (const part of ['weight', 'bias']) {
      const tensor = stateDict.get(`${theirs}.${part}`)
      const wanted = shapeOf(`fc${6 + i}.${part}`) ?? shapeOf(`fc${6 + i}_1.${part}`)
      if (!tensor || !wanted) continue
      const whole = part === 'weight' ? convolution(tensor, KERNELS[i]) : tensor
      found.set(`fc${6 + i}.${part}`, decimated(whole, wanted))
    }
  }
  return found
}

/** A fully connected layer's weight [outputs, inputs · kernel²] as that of a convolution. */
function convolution(tensor: HostTensor, kernel: number): HostTensor {
  const [outputs] = tensor.shape
  return { ...tensor, shape: [outputs, tensor.data.length / (outputs * kernel ** 2), kernel, kernel] }
}

/** torchvision's names of the two layers before its classifier, or timm's. */
function fullyConnected(stateDict: StateDict): string[] | undefined {
  const pairs = [
    ['classifier.0', 'classifier.3'],
    ['pre_logits.fc1', 'pre_logits.fc2'],
  ]
  return pairs.find(names => names.every(name => stateDict.has(`${name}.weight`)))
}

/**
 * A layer decimated to a smaller shape: every few of the outputs, inputs, rows and columns, from the first to about the last. DeepLab
 * reduces fc6 so from 7×7 with 4096 channels to 3×3 with 1024 (Chen et al. 2015, section 3.1): the three of seven taps are as far apart
 * at rate 12 on a map of stride 8 as they were on VGG-16's of stride 32.
 */
function decimated(tensor: HostTensor, wanted: readonly number[]): HostTensor {
  const { shape, data } = tensor
  // A tensor that cannot be decimated does not fit, which matching says.
  if (!(data instanceof Float32Array) || shape.length !== wanted.length) return tensor
  if (wanted.some((length, axis) => length > shape[axis])) return tensor
  const steps = wanted.map((length, axis) =>
    length === 1 ? 1 : Math.floor((shape[axis] - 1) / (length - 1)),
  )
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  const values = new Float32Array(wanted.reduce((a, b) => a * b, 1))
  for (let i = 0; i < values.length; i++) {
    let [rest, offset] = [i, 0]
    for (let axis = wanted.length - 1; axis >= 0; axis--) {
      offset += (rest % wanted[axis]) * steps[axis] * strides[axis]
      rest = Math.floor(rest / wanted[axis])
    }
    values[i] = data[offset]
  }
  return { dtype: 'f32', shape: wanted, data: values }
}
