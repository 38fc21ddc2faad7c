// Tables for terminals: a column of text, then numbers aligned to the right.

export class Table {
  readonly #widths: number[]

  /** Prints the heading. The first column is `labelWidth` wide. */
  constructor(headings: string[], labelWidth: number) {
    this.#widths = headings.map((heading, i) => (i === 0 ? labelWidth : Math.max(9, heading.length)))
    this.row(headings)
  }

  /** Prints one row as soon as it is known: benches are slow, and what is measured should not wait for the rest. */
  row(cells: string[]): void {
    const padded = cells.map((cell, i) =>
      i === 0 ? cell.padEnd(this.#widths[i]) : cell.padStart(this.#widths[i]),
    )
    console.log(padded.join('  '))
  }
}

/** Three digits, enough for what varies by per cents: 0.0123, 1.23, 123. Nothing for what is not measured. */
export const digits = (value: number | undefined): string =>
  value === undefined ? '' : value >= 100 ? value.toFixed(0) : value.toPrecision(3)
