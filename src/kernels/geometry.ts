// Windows that slide over a map, and the sizes of the maps that they make: for convolution and pooling.

/** Rows and columns added around a map. */
export interface Padding {
  top: number
  bottom: number
  left: number
  right: number
}

/** The same padding on all sides, as in PyTorch. */
export const symmetric = (size: number): Padding => ({ top: size, bottom: size, left: size, right: size })

export interface Window {
  kernel: readonly [h: number, w: number]
  stride: number
  dilation: number
  padding: Padding
}

/** `count` rows of a map, from row `from` on. */
export interface Rows {
  from: number
  count: number
}

/** Rows of a map that has `of` rows, from row `from` on. */
export interface RowsOf {
  from: number
  of: number
}

/**
 * The parameters of a padding in shaders. Negative padding skips pixels of the map. It wraps round, as do coordinates before the
 * map, which shaders compute in u32.
 */
export const paddingParams = ({ top, left }: Padding) => ({ pad_top: top >>> 0, pad_left: left >>> 0 })

/** Pixels from the first to the last tap, including both. */
export const reach = (kernel: number, dilation: number) => (kernel - 1) * dilation + 1

/**
 * TensorFlow's SAME padding: the output size is ⌈input / stride⌉, and an odd pixel of padding is at the bottom or
 * right.
 */
export function samePadding(input: { h: number; w: number }, window: Omit<Window, 'padding'>): Padding {
  const total = (size: number, kernel: number) =>
    Math.max(0, (Math.ceil(size / window.stride) - 1) * window.stride + reach(kernel, window.dilation) - size)
  const [vertical, horizontal] = [total(input.h, window.kernel[0]), total(input.w, window.kernel[1])]
  const [top, left] = [Math.floor(vertical / 2), Math.floor(horizontal / 2)]
  return { top, bottom: vertical - top, left, right: horizontal - left }
}

/** Height and width of the map that a window makes. They are less than 1 if the window does not fit. */
export function windowedSize(input: { h: number; w: number }, { kernel, stride, dilation, padding }: Window) {
  const size = (length: number, pad: number, taps: number) =>
    Math.floor((length + pad - reach(taps, dilation)) / stride) + 1
  return {
    h: size(input.h, padding.top + padding.bottom, kernel[0]),
    w: size(input.w, padding.left + padding.right, kernel[1]),
  }
}
