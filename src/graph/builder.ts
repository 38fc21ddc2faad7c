// Builds a graph op by op: each method infers its output's shape, checks what it is given and returns the output tensor.

import { UserError } from '../errors.ts'
import type { Activation } from '../kernels/activation.ts'
import { type Padding, samePadding, symmetric, windowedSize } from '../kernels/geometry.ts'
import type { Shape } from '../kernels/layout.ts'
import type { BatchNorm, DType, Graph, Op, Parameter, Tensor } from './ir/graph.ts'

interface ConvolutionOptions {
  /** Name of the op and, with `.weight` (and `.bias`), of its parameters. */
  name: string
  outChannels: number
  kernel: number
  stride?: number
  dilation?: number
  /** Pixels on every side, or `same` for TensorFlow's rule. Default: dilation·(kernel − 1)/2, which keeps the size at stride 1. */
  padding?: number | 'same'
  bias?: boolean
}

/** An op takes its name from the tensor that it makes. */
type Unnamed<T extends Op> = T extends Op ? Omit<T, 'name'> : never

export class GraphBuilder {
  readonly #ops: Op[] = []
  readonly #inputs: Tensor[] = []
  readonly #names = new Set<string>()
  #scope = ''
  #unit: string | undefined

  /**
   * Puts `scope/` before the names of the tensors that `build` makes, so that one network can stand in a graph several
   * times (multi-scale inference). Parameters keep their names: the copies share their weights.
   */
  within<T>(scope: string, build: () => T): T {
    const outer = this.#scope
    this.#scope = `${outer}${scope}/`
    const result = build()
    this.#scope = outer
    return result
  }

  /**
   * Names the ops that `build` makes as one unit of the network, such as a bottleneck. Where memory is short, training keeps
   * what enters and leaves a unit and computes what is inside a second time.
   */
  unit<T>(name: string, build: () => T): T {
    const outer = this.#unit
    this.#unit = name
    const result = build()
    this.#unit = outer
    return result
  }

  input(name: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    const tensor = this.#tensor(name, shape, dtype)
    this.#inputs.push(tensor)
    return tensor
  }

  /** [n, h, w, c] → [n, h', w', outChannels]; weight `name.weight` of shape [outChannels, c, kernel, kernel]. */
  conv2d(input: Tensor, options: ConvolutionOptions): Tensor {
    const weightShape = [options.outChannels, input.shape[3], options.kernel, options.kernel]
    const { output, ...convolution } = this.#convolution(input, options, weightShape)
    return this.#push({ kind: 'conv2d', inputs: { input }, ...convolution, output })
  }

  /** [n, h, w, c] → [n, h', w', c], a filter a channel; weight `name.weight` of shape [c, 1, kernel, kernel]. */
  depthwiseConv2d(input: Tensor, options: Omit<ConvolutionOptions, 'outChannels'>): Tensor {
    const outChannels = input.shape[3]
    const weightShape = [outChannels, 1, options.kernel, options.kernel]
    const { output, ...convolution } = this.#convolution(input, { ...options, outChannels }, weightShape)
    return this.#push({
      kind: 'depthwiseConv2d',
      inputs: { input },
      ...convolution,
      output,
    })
  }

  /** γ·(x − μ)/√(σ² + ε) + β with the running statistics; parameters `name.weight`, `.bias`, `.running_mean`, `.running_var`. */
  batchNorm(input: Tensor, { name, epsilon }: { name: string; epsilon: number }): Tensor {
    const vector = (suffix: string): Parameter => ({ name: `${name}.${suffix}`, shape: [input.shape[3]] })
    const batchNorm: BatchNorm = {
      gamma: vector('weight'),
      beta: vector('bias'),
      mean: vector('running_mean'),
      variance: vector('running_var'),
      epsilon,
    }
    const output = this.#tensor(name, input.shape)
    return this.#push({ kind: 'batchNorm', inputs: { input }, batchNorm, activation: 'none', output })
  }

  activation(input: Tensor, activation: Activation): Tensor {
    const name = `${input.name.slice(this.#scope.length)}.${activation}`
    return this.#push({
      kind: 'activation',
      inputs: { input },
      activation,
      output: this.#tensor(name, input.shape),
    })
  }

  add(a: Tensor, b: Tensor, { name }: { name: string }): Tensor {
    if (a.shape.some((size, axis) => size !== b.shape[axis]))
      throw new UserError(`add: [${a.shape}] and [${b.shape}] differ (${name})`)
    return this.#push({
      kind: 'add',
      inputs: { a, b },
      activation: 'none',
      output: this.#tensor(name, a.shape),
    })
  }

  maxPool(input: Tensor, options: { name: string; kernel: number; stride: number; padding: number }): Tensor {
    const { kernel, stride } = options
    const padding = symmetric(options.padding)
    const output = this.#windowed('maxPool', input, {
      ...options,
      padding,
      outChannels: input.shape[3],
      dilation: 1,
    })
    return this.#push({ kind: 'maxPool', inputs: { input }, kernel, stride, padding, output })
  }

  /** [n, h, w, c] → [n, 1, 1, c], the mean over the map. */
  globalAveragePool(input: Tensor, { name }: { name: string }): Tensor {
    const [n, , , c] = input.shape
    return this.#push({
      kind: 'globalAveragePool',
      inputs: { input },
      output: this.#tensor(name, [n, 1, 1, c]),
    })
  }

  /** Bilinear, in PyTorch's two conventions. */
  resize(
    input: Tensor,
    options: { name: string; height: number; width: number; alignCorners: boolean },
  ): Tensor {
    const { name, height, width, alignCorners } = options
    const [n, , , c] = input.shape
    return this.#push({
      kind: 'resize',
      inputs: { input },
      alignCorners,
      output: this.#tensor(name, [n, height, width, c]),
    })
  }

  /** Along the channels. */
  concat(inputs: Tensor[], { name }: { name: string }): Tensor {
    const [n, h, w] = inputs[0].shape
    for (const { name: input, shape } of inputs)
      if (shape[0] !== n || shape[1] !== h || shape[2] !== w)
        throw new UserError(`concat: ${input} is [${shape}], expected [${n},${h},${w},*] (${name})`)
    let channels = 0
    const byOffset: Record<string, Tensor> = {}
    for (const input of inputs) {
      byOffset[channels] = input
      channels += input.shape[3]
    }
    const output = this.#tensor(name, [n, h, w, channels])
    return this.#push({ kind: 'concat', inputs: byOffset, output })
  }

  /** Zeroes a share `p` of the values and divides the others by 1 − p; which ones hangs on `seed` and `step`, a u32. */
  dropout(input: Tensor, options: { name: string; p: number; seed: number; step: Tensor }): Tensor {
    const { name, p, seed, step } = options
    return this.#push({
      kind: 'dropout',
      inputs: { input, step },
      p,
      seed,
      output: this.#tensor(name, input.shape),
    })
  }

  /** Over the channels of each pixel. */
  softmax(input: Tensor, { name }: { name: string }): Tensor {
    return this.#push({ kind: 'softmax', inputs: { input }, output: this.#tensor(name, input.shape) })
  }

  /** rgba8 [n, H, W, 4] → f32 [n, height, width, 3]: antialiased bilinear resize, (x/255 − mean)/std, optional left-right flip. */
  preprocess(
    image: Tensor,
    options: { name: string; height: number; width: number; mean: number[]; std: number[]; flip?: boolean },
  ): Tensor {
    const { name, height, width, mean, std, flip = false } = options
    const output = this.#tensor(name, [image.shape[0], height, width, 3])
    return this.#push({ kind: 'preprocess', inputs: { image }, mean, std, flip, output })
  }

  /**
   * The mean over `views` of softmax(upsample(logits)), flipped back where the view was flipped, by the views' weights:
   * multi-scale inference (DeepLabv3, section 4). Each view's logits are [n, h, w, c]; result [n, height, width, c].
   */
  meanProbabilities(
    views: { logits: Tensor; flip: boolean; weight: number }[],
    options: { name: string; height: number; width: number; alignCorners: boolean },
  ): Tensor {
    const { name, height, width, alignCorners } = options
    const [n, , , c] = views[0].logits.shape
    const output = this.#tensor(name, [n, height, width, c])
    views.forEach(({ logits, flip, weight }, index) => {
      this.#push({
        kind: 'accumulateProbabilities',
        inputs: { logits },
        alignCorners,
        flip,
        weight,
        first: index === 0,
        output,
      })
    })
    return output
  }

  /** Logits [n, h, w, c] → class8 [n, height, width, 1]: bilinear upsampling and argmax in one, lowest id on a tie. */
  upsampleArgmax(
    logits: Tensor,
    options: { name: string; height: number; width: number; alignCorners: boolean },
  ): Tensor {
    const { name, height, width, alignCorners } = options
    if (logits.shape[3] > 256)
      throw new UserError(`upsampleArgmax: at most 256 classes, got ${logits.shape[3]} (${name})`)
    const output = this.#tensor(name, [logits.shape[0], height, width, 1], 'class8')
    return this.#push({ kind: 'upsampleArgmax', inputs: { logits }, alignCorners, output })
  }

  build(outputs: Tensor[]): Graph {
    return { ops: this.#ops, inputs: this.#inputs, outputs }
  }

  #convolution(input: Tensor, options: ConvolutionOptions, weightShape: number[]) {
    const { name, kernel, stride = 1, dilation = 1, outChannels } = options
    const padding = resolvePadding(input, { ...options, stride, dilation })
    return {
      weight: { name: `${name}.weight`, shape: weightShape },
      bias: options.bias ? { name: `${name}.bias`, shape: [outChannels] } : undefined,
      stride,
      dilation,
      padding,
      activation: 'none' as const,
      output: this.#windowed('conv2d', input, { name, kernel, stride, dilation, padding, outChannels }),
    }
  }

  #windowed(
    kind: string,
    input: Tensor,
    window: {
      name: string
      kernel: number
      stride: number
      dilation: number
      padding: Padding
      outChannels: number
    },
  ): Tensor {
    const [n, h, w] = input.shape
    const size = windowedSize({ h, w }, { ...window, kernel: [window.kernel, window.kernel] })
    if (size.h < 1 || size.w < 1)
      throw new UserError(`${kind}: a ${h}×${w} map is too small for this kernel (${window.name})`)
    return this.#tensor(window.name, [n, size.h, size.w, window.outChannels])
  }

  #tensor(local: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    const name = this.#scope + local
    if (!shape.every(size => Number.isInteger(size) && size > 0))
      throw new UserError(`${name}: [${shape}] is not a shape`)
    if (this.#names.has(name)) throw new Error(`two tensors are named ${name}`)
    this.#names.add(name)
    return { name, shape, dtype }
  }

  #push(op: Unnamed<Op>): Tensor {
    this.#ops.push({ ...op, name: op.output.name, unit: this.#unit })
    return op.output
  }
}

function resolvePadding(
  input: Tensor,
  window: { padding?: number | 'same'; kernel: number; stride: number; dilation: number },
): Padding {
  const [, h, w] = input.shape
  const { padding = (window.dilation * (window.kernel - 1)) / 2, kernel } = window
  return padding === 'same'
    ? samePadding({ h, w }, { ...window, kernel: [kernel, kernel] })
    : symmetric(padding)
}
