// A picture of an image's channels, for overlays and for the CRF.

import type { Samples } from '../model/preprocessing.ts'

/** The percentiles that become black and white, as programs for satellite images show them. */
const [DARKEST, LIGHTEST] = [0.02, 0.98]
/** So many pixels tell the percentiles of a channel. */
const MOST_SORTED = 65_536

/** RGBA: the first three channels as red, green and blue, or the first as grey. `isByte`: the samples were bytes, which stay as they were. */
export function channelPicture(
  { channels, data }: Samples,
  { isByte }: { isByte: boolean },
): Uint8Array<ArrayBuffer> {
  const pixels = data.length / channels
  const shown = channels < 3 ? [0, 0, 0] : [0, 1, 2]
  const ranges = shown.map(channel => (isByte ? [0, 1] : rangeOf(data, channel, channels)))
  const rgba = new Uint8ClampedArray(4 * pixels) // rounds on assignment
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (const [colour, channel] of shown.entries()) {
      const [dark, light] = ranges[colour]
      rgba[4 * pixel + colour] = (255 * (data[pixel * channels + channel] - dark)) / (light - dark)
    }
    rgba[4 * pixel + 3] = 255
  }
  return new Uint8Array(rgba.buffer)
}

/** What is black and white. A channel of one value is black. */
function rangeOf(data: Float32Array, channel: number, channels: number): [dark: number, light: number] {
  const pixels = data.length / channels
  const step = Math.ceil(pixels / MOST_SORTED)
  const values = Float32Array.from(
    { length: Math.ceil(pixels / step) },
    (_, i) => data[i * step * channels + channel],
  ).sort()
  const at = (share: number) => values[Math.round(share * (values.length - 1))]
  const [dark, light] = [at(DARKEST), at(LIGHTEST)]
  return light > dark ? [dark, light] : [dark, dark + 1]
}
