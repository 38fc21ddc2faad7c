/** Zeros (for a pool, −∞) assumed around a map, in pixels. */
export interface Padding {
  top: number
  bottom: number
  left: number
  right: number
}

/** How a kernel of `size` [kh, kw] taps slides over a map: the geometry that convolutions and pools share. */
export interface Window {
  size: readonly [kh: number, kw: number]
  stride: number
  dilation: number
  padding: Padding
}

export function padding(all: number): Padding {
  return { top: all, bottom: all, left: all, right: all }
}

/** The padding by which a window of odd sides keeps the size of a map at stride 1. */
export function keepingSize([h, w]: Window['size'], dilation: number): Padding {
  const [above, beside] = [(dilation * (h - 1)) / 2, (dilation * (w - 1)) / 2]
  return { top: above, bottom: above, left: beside, right: beside }
}

/** How many positions a window has along one axis (PyTorch's Conv2d, "Shape"): `pad` is that of both ends together. */
export function outputLength(
  length: number,
  taps: number,
  pad: number,
  window: Pick<Window, 'stride' | 'dilation'>,
) {
  const extent = (taps - 1) * window.dilation + 1
  return Math.floor((length + pad - extent) / window.stride) + 1
}

/** The height and width of the map that a window makes of an h × w map. */
export function outputSize(h: number, w: number, window: Window): [h: number, w: number] {
  const { top, bottom, left, right } = window.padding
  return [
    outputLength(h, window.size[0], top + bottom, window),
    outputLength(w, window.size[1], left + right, window),
  ]
}

/**
 * TensorFlow's SAME: as much padding as makes the output ceil(input / stride) long. An odd total puts the extra pixel
 * at the bottom and the right, which PyTorch's symmetric padding never does.
 */
export function samePadding(h: number, w: number, window: Omit<Window, 'padding'>): Padding {
  const total = (length: number, taps: number) => {
    const { stride, dilation } = window
    return Math.max(0, (Math.ceil(length / stride) - 1) * stride + (taps - 1) * dilation + 1 - length)
  }
  const vertical = total(h, window.size[0])
  const horizontal = total(w, window.size[1])
  const top = Math.floor(vertical / 2)
  const left = Math.floor(horizontal / 2)
  return { top, bottom: vertical - top, left, right: horizontal - left }
}

/** The padding of a case on each side, where a case may say `same`. */
export function paddingOf({
  input: [, h, w],
  kernel: size,
  stride,
  dilation,
  padding,
}: {
  input: readonly [n: number, h: number, w: number, c: number]
  kernel: readonly [kh: number, kw: number]
  stride: number
  dilation: number
  padding: Padding | 'same'
}): Padding {
  return padding === 'same' ? samePadding(h, w, { size, stride, dilation }) : padding
}
