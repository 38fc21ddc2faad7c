// A table whose rows are printed as soon as they are measured.

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
