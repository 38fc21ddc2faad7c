// The results as text.

import { SUMMARY, summaryCells } from '../../src/cli/bench/bench_text.ts'
import { digits, table } from '../../src/cli/format.ts'
import type { Measured, PageResult, Times } from './measure.ts'

/** Times of this package's page divided by Node's. */
export interface Ratios {
  median: number
  minimum: number
  processor: number
}

export interface Report extends Measured {
  model: string
  size: number
  /** Missing if this package's page failed. */
  chromiumToNode?: Ratios
}

const HEADINGS = [
  'engine',
  'download MB',
  'first mask ms',
  ...SUMMARY,
  'network ms',
  'CPU ms',
  'memory MB',
  'same %',
]

export function ratiosOf({ pages, node }: Measured, engine: string): Ratios | undefined {
  const page = pages.find(each => each.engine === engine)
  if (!page) return undefined
  return {
    median: page.median / node.median,
    minimum: page.minimum / node.minimum,
    processor: page.processor / node.processor,
  }
}

export function text(report: Report): string {
  const { model, size, browser, emptyBytes, pages, failures, node, chromiumToNode } = report
  const rows = [...pages.map(pageRow), row('atrous in Node', ['', ''], node, '')]
  return [
    `${model}, ${size}×${size}, Chromium ${browser}, SwiftShader`,
    table([HEADINGS, ...rows], { numbers: 1 }),
    ...failures.map(({ engine, message }) => `${engine} did not run: ${message}`),
    `memory: renderer and GPU process after the last mask; an empty page has ${digits(emptyBytes / 1e6)} MB`,
    ...(chromiumToNode ? [ratiosText(chromiumToNode)] : []),
  ].join('\n')
}

const pageRow = (page: PageResult): string[] =>
  row(
    page.engine,
    [digits(page.downloadBytes / 1e6), digits(page.first.median)],
    page,
    digits(page.memoryBytes / 1e6),
  )

function row(name: string, start: string[], times: Times, memory: string): string[] {
  const { network, processor, agreement } = times
  const rest = [digits(network), digits(processor), memory, (100 * agreement).toFixed(2)]
  return [name, ...start, ...summaryCells(times), ...rest]
}

const ratiosText = ({ median, minimum, processor }: Ratios): string =>
  `atrous in Chromium ÷ in Node: ${median.toFixed(2)} by medians, ${minimum.toFixed(2)} by minima, ${processor.toFixed(2)} by CPU time`
