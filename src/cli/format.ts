// Formats numbers and tables as text.

/** Bytes in a suitable unit: `10.4 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`
  const [divisor, unit] = bytes < 1e6 ? [1e3, 'kB'] : bytes < 1e9 ? [1e6, 'MB'] : [1e9, 'GB']
  return `${(bytes / divisor).toFixed(1)} ${unit}`
}

/** A share as a percentage. A share above 0 that rounds to nothing shows as `<0.1 %`. */
export function percentText(share: number): string {
  return share > 0 && share < 0.0005 ? '<0.1 %' : `${(share * 100).toFixed(1)} %`
}

export const secondsText = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`

/** A rounded estimate of a duration: `40 s`, `12 min`, `3 h 20 min`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Three significant digits, enough for measurements that vary by per cents: 0.0123, 1.23, 123. Empty if undefined. */
export const digits = (value: number | undefined): string =>
  value === undefined ? '' : value >= 100 ? value.toFixed(0) : value.toPrecision(3)

/** Rows of cells as lines. Each column is as wide as its widest cell; columns from `numbers` on are right-aligned. */
export function table(rows: string[][], { numbers = Infinity } = {}): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  return rows
    .map(row =>
      row
        .map((cell, column) =>
          column < numbers ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export class StreamedTable {
  readonly #widths: number[]

  /** Prints the headings. The first column is text and `labelWidth` wide; the others are numbers, right-aligned. */
  constructor(headings: string[], labelWidth: number) {
    this.#widths = headings.map((heading, i) => (i === 0 ? labelWidth : Math.max(7, heading.length)))
    this.row(headings)
  }

  row(cells: string[]): void {
    const padded = cells.map((cell, i) =>
      i === 0 ? cell.padEnd(this.#widths[i]) : cell.padStart(this.#widths[i]),
    )
    console.log(padded.join('  ').trimEnd())
  }
}
