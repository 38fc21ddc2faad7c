// How activations lie in memory: NHWC, the channels of a pixel in vec4 lanes, padded with zeros to whole vectors.

/** Batch, height, width, channels. */
export type Shape = readonly [n: number, h: number, w: number, c: number]

/** How activations and packed weights are stored; kernels compute in f32 whatever it is. */
export type Precision = 'fp32' | 'fp16'

/** In f32, as kernels give all their sizes: `storedAsFloat16` halves them. */
export const VECTOR_BYTES = 16

/** The vec4s that hold `channels`. */
export const vectors = (channels: number): number => Math.ceil(channels / 4)

/**
 * Input channels that one invocation takes of a weight as PyTorch lays it, [out, in, taps]: with their taps, about a cache line
 * for each output channel. Neighbouring invocations have other output channels, and would each read a word of every line.
 */
export const weightRun = (taps: number): number => Math.ceil(16 / taps)

/** Bytes of an f32 tensor, its padded channels counted. */
export const activationBytes = ([n, h, w, c]: Shape): number => n * h * w * vectors(c) * VECTOR_BYTES

/** Dense NHWC → padded. */
export function padChannels(dense: Float32Array, [n, h, w, c]: Shape): Float32Array {
  const pitch = vectors(c) * 4
  if (pitch === c) return dense
  const padded = new Float32Array(n * h * w * pitch)
  for (let pixel = 0; pixel < n * h * w; pixel++)
    padded.set(dense.subarray(pixel * c, (pixel + 1) * c), pixel * pitch)
  return padded
}

/** Padded → dense NHWC. */
export function unpadChannels(padded: Float32Array, [n, h, w, c]: Shape): Float32Array {
  const pitch = vectors(c) * 4
  if (pitch === c) return padded
  const dense = new Float32Array(n * h * w * c)
  for (let from = 0, to = 0; to < dense.length; from += pitch - c)
    for (let channel = 0; channel < c; channel++) dense[to++] = padded[from++]
  return dense
}
