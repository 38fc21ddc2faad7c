// The cells of a picture, and the share of a video's next frame in the mean of its frames.

export const [ROWS, COLUMNS, POINTS] = [8, 16, 8]

export interface Frame {
  /** RGBA, height · width · 4 bytes. */
  data: Uint8Array
  width: number
  height: number
}

/** The grey of each cell, 0 to 255: the mean of POINTS² pixels. */
export function cellGreys({ data, width, height }: Frame): Float64Array {
  const cells = new Float64Array(ROWS * COLUMNS)
  for (let row = 0; row < ROWS * POINTS; row++)
    for (let column = 0; column < COLUMNS * POINTS; column++) {
      const y = Math.floor(((row + 0.5) * height) / (ROWS * POINTS))
      const x = Math.floor(((column + 0.5) * width) / (COLUMNS * POINTS))
      const [red, green, blue] = data.subarray((y * width + x) * 4)
      const cell = Math.floor(row / POINTS) * COLUMNS + Math.floor(column / POINTS)
      cells[cell] += (77 * red + 150 * green + 29 * blue) / 256 / POINTS ** 2
    }
  return cells
}

/** The mean absolute difference of the cells. */
export const cellChange = (before: Float64Array, now: Float64Array): number =>
  now.reduce((sum, grey, i) => sum + Math.abs(grey - before[i]), 0) / now.length
