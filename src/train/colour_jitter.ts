// Changes of colours, by the formulas of torchvision's functions on images of floats: adjust_brightness and so on, without rounding
// between them.

/** Red, green and blue of each pixel, from 0 to 255: height · width · 3 values. */
export interface Colours {
  values: Float32Array
  width: number
  height: number
}

/** In the order in which torchvision's ColorJitter numbers them. */
export const ADJUSTMENTS = ['brightness', 'contrast', 'saturation', 'hue'] as const
export type Adjustment = (typeof ADJUSTMENTS)[number]

/** Changes the colours by a factor, which 1 leaves as they are; the hue by a share of the colour circle, which is 0 then. */
export const adjust: Record<Adjustment, (colours: Colours, factor: number) => void> = {
  brightness: ({ values }, factor) => blendWithGrey(values, factor, 0),
  contrast: ({ values }, factor) => blendWithGrey(values, factor, meanGrey(values)),
  saturation: ({ values }, factor) => saturate(values, factor),
  hue: ({ values }, factor) => turnHue(values, factor),
}

/** Gives each pixel its grey in all channels. */
export const toGrey = ({ values }: Colours): void => saturate(values, 0)

/** The luma of ITU-R BT.601, with torchvision's digits. */
const [RED, GREEN, BLUE] = [0.2989, 0.587, 0.114]

function meanGrey(values: Float32Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i += 3)
    sum += RED * values[i] + GREEN * values[i + 1] + BLUE * values[i + 2]
  return sum / (values.length / 3)
}

// Plain loops: they run for every pixel of every example, and a function for each pixel made them three times as slow.

/** Moves each value away from a grey, of which the share `1 − factor` remains. */
function blendWithGrey(values: Float32Array, factor: number, grey: number): void {
  const rest = (1 - factor) * grey
  for (let i = 0; i < values.length; i++) values[i] = clamp(factor * values[i] + rest)
}

/** Moves each pixel away from its own grey. */
function saturate(values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i += 3) {
    const rest = (1 - factor) * (RED * values[i] + GREEN * values[i + 1] + BLUE * values[i + 2])
    values[i] = clamp(factor * values[i] + rest)
    values[i + 1] = clamp(factor * values[i + 1] + rest)
    values[i + 2] = clamp(factor * values[i + 2] + rest)
  }
}

const clamp = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value)

/** Turns the hue of each pixel in HSV. */
function turnHue(values: Float32Array, share: number): void {
  for (let i = 0; i < values.length; i += 3) {
    const red = values[i]
    const green = values[i + 1]
    const blue = values[i + 2]
    const largest = Math.max(red, green, blue)
    const chroma = largest - Math.min(red, green, blue)
    if (chroma === 0) continue
    const sixth =
      largest === red
        ? (green - blue) / chroma
        : largest === green
          ? 2 + (blue - red) / chroma
          : 4 + (red - green) / chroma
    const hue = sixth + 6 * share + 6 // above 0: `sixth` is at least −1, and `share` at least −½
    values[i] = largest - chroma * missing(hue + 5)
    values[i + 1] = largest - chroma * missing(hue + 3)
    values[i + 2] = largest - chroma * missing(hue + 1)
  }
}

/** The share of the chroma that a channel lacks at a position on the colour circle of length 6. */
function missing(position: number): number {
  const around = position - 6 * Math.floor(position / 6)
  const ramp = around < 2 ? around : 4 - around
  return ramp < 0 ? 0 : ramp > 1 ? 1 : ramp
}
