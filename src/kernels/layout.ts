// The layout of activations in memory: NHWC, with the channels of a pixel in vec4s, padded with zeros to whole vectors.

/** Batch, height, width, channels. */
export type Shape = readonly [n: number, h: number, w: number, c: number]

/** The type in which activations and packed weights are stored. Kernels compute in f32 in both cases. */
export type Precision = 'fp32' | 'fp16'

/** Bytes of a vec4 of f32. Kernels give all their sizes in f32; `storedAsFloat16` halves them. */
export const VECTOR_BYTES = 16

/** Number of vec4s that hold so many channels. */
export const vectors = (channels: number): number => Math.ceil(channels / 4)

/**
 * Input channels that one invocation takes of a weight in PyTorch's layout, [out, in, taps]: with their taps, about a
 * cache line for each output channel. Neighbouring invocations have other output channels: with fewer words, several
 * would read every cache line.
 */
export const weightRun = (taps: number): number => Math.ceil(16 / taps)

/** Bytes of an f32 tensor, including its padded channels. */
export const activationBytes = ([n, h, w, c]: Shape): number => n * h * w * vectors(c) * VECTOR_BYTES

/** From dense NHWC to padded channels. */
export function padChannels(dense: Float32Array, [n, h, w, c]: Shape): Float32Array {
  const pitch = vectors(c) * 4
  if (pitch === c) return dense
  const padded = new Float32Array(n * h * w * pitch)
  for (let pixel = 0; pixel < n * h * w; pixel++)
    padded.set(dense.subarray(pixel * c, (pixel + 1) * c), pixel * pitch)
  return padded
}

/** From padded channels to dense NHWC. */
export function unpadChannels(padded: Float32Array, [n, h, w, c]: Shape): Float32Array {
  const pitch = vectors(c) * 4
  if (pitch === c) return padded
  const dense = new Float32Array(n * h * w * c)
  for (let from = 0, to = 0; to < dense.length; from += pitch - c)
    for (let channel = 0; channel < c; channel++) dense[to++] = padded[from++]
  return dense
}

/** The most channels of an image. */
export const MAX_CHANNELS = 8
