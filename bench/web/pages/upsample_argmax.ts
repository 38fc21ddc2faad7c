// Enlarges logits bilinearly and finds the class of each pixel, on the CPU, for the engine that leaves it to its users.

export interface Logits {
  /** One plane for each class, row by row. */
  data: Float32Array
  classes: number
  height: number
  width: number
}

/** Half-pixel centres, as PyTorch's `align_corners=False`. */
export function upsampleArgmax(
  logits: Logits,
  { width, height }: { width: number; height: number },
): Uint8Array {
  const { data, classes } = logits
  const rows = neighbours(logits.height, height)
  const columns = neighbours(logits.width, width)
  const row = new Float32Array(classes * logits.width)
  const mask = new Uint8Array(height * width)
  for (let y = 0; y < height; y++) {
    for (let plane = 0; plane < classes; plane++)
      for (let x = 0; x < logits.width; x++) {
        const above = data[(plane * logits.height + rows.first[y]) * logits.width + x]
        const below = data[(plane * logits.height + rows.second[y]) * logits.width + x]
        row[plane * logits.width + x] = above + (below - above) * rows.share[y]
      }
    for (let x = 0; x < width; x++) {
      let most = -Infinity
      for (let plane = 0; plane < classes; plane++) {
        const left = row[plane * logits.width + columns.first[x]]
        const right = row[plane * logits.width + columns.second[x]]
        const value = left + (right - left) * columns.share[x]
        if (value <= most) continue
        most = value
        mask[y * width + x] = plane
      }
    }
  }
  return mask
}

/** For each of `to` places: the two of `from` places that it lies between, and the share of the second. */
function neighbours(
  from: number,
  to: number,
): { first: Int32Array; second: Int32Array; share: Float32Array } {
  const found = { first: new Int32Array(to), second: new Int32Array(to), share: new Float32Array(to) }
  for (let i = 0; i < to; i++) {
    const place = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5))
    found.first[i] = Math.floor(place)
    found.second[i] = Math.min(from - 1, found.first[i] + 1)
    found.share[i] = place - found.first[i]
  }
  return found
}
