// A row of a paper's table, and what the tables of tables.ts are written with.

/** Fields of a preset's config that the row tells; `aspp.rates` is a field of a field. */
export type Fields = Record<string, unknown>

export interface PaperRow {
  /** The preset of this row; or else why there is none. */
  preset?: string
  without?: string
  /** In percent. */
  meanIoU: number
  /** Output strides of training and of evaluation. */
  train: number
  evaluate: number
  multiScale?: boolean
  flip?: boolean
  crf?: 'v1' | 'v2' | 'v2-vgg'
  /** Printed multiply-adds, in thousands of millions. */
  billions?: number
  network: Fields
}

export interface PaperTable {
  paper: 'FCN' | 'DeepLab v1' | 'DeepLab v2' | 'DeepLabv3' | 'DeepLabv3+'
  table: string
  rows: PaperRow[]
}

/** What differs from row to row: the rest are the table's own. */
export type Cells = Partial<Omit<PaperRow, 'network'>> & { meanIoU: number; network?: Fields }

export const table = (
  paper: PaperTable['paper'],
  name: string,
  common: { train: number; evaluate?: number; network: Fields },
  rows: Cells[],
): PaperTable => ({
  paper,
  table: name,
  rows: rows.map(({ network, ...row }) => ({
    ...{ train: common.train, evaluate: row.evaluate ?? common.evaluate ?? row.train ?? common.train },
    ...row,
    network: { ...common.network, ...network },
  })),
})

export const MS = { multiScale: true }
export const FLIP = { multiScale: true, flip: true }
export const at16 = { evaluate: 16 }
export const at8 = { evaluate: 8 }
