// Measures the engines in turn, and checks the mask of every run.

import { type Summary, summary } from '../../src/bench/repeat.ts'
import { EnginePage, type MeasuredRun } from './engine_page.ts'
import { NodeEngine } from './node_engine.ts'
import type { Run } from './pages/page.ts'
import { openSite, type Site } from './site.ts'

/** In how many new browsers, at most, each page is opened. Starting takes most of the time. */
const MAX_STARTS = 3

/** The share of pixels that must have the class that Node finds. Rounding moves borders between classes, no more. */
const LEAST_AGREEMENT = 0.995

export interface PageKind {
  engine: string
  /** The module in `pages`. */
  page: string
  wasm: URL[]
}

/** All times are in milliseconds. */
export interface Times extends Summary {
  times: number[]
  /** Medians: CPU time over all cores; and the part in the network itself, of engines that leave the rest to the page. */
  processor: number
  network?: number
  /** The least share of pixels, in any run, with the class that Node finds in its first run. */
  agreement: number
}

export interface PageResult extends Times {
  engine: string
  /** Compressed scripts and WebAssembly. */
  downloadBytes: number
  /** From the start of the navigation to the first mask, in a browser with empty caches. */
  first: Summary
  /** Of the page's renderer and the GPU process after the last run, without files such as their programs. */
  memoryBytes: number
}

export interface Measured {
  browser: string
  /** The memory of a browser's processes without an engine. */
  emptyBytes: number
  pages: PageResult[]
  /** The engines that cannot run in this browser, with the error's message. */
  failures: { engine: string; message: string }[]
  node: Times
}

interface OpenPage {
  kind: PageKind
  site: Site
  starts: Run[]
  runs: MeasuredRun[]
  /** Missing before the first start, and after a failure. */
  page?: EnginePage
  failure?: string
}

/** In turn: first masks of each page, each in a new browser, and then `runs` further masks of each page and of Node. */
export async function measure(
  workload: string,
  { kinds, runs }: { kinds: PageKind[]; runs: number },
): Promise<Measured> {
  const node = new NodeEngine(workload)
  const pages: OpenPage[] = []
  try {
    for (const kind of kinds)
      pages.push({ kind, site: await openSite({ ...kind, workload }), starts: [], runs: [] })
    const reference = (await node.run()).mask
    const empty = await EnginePage.open()
    const [browser, emptyBytes] = [empty.version(), await empty.memoryBytes()]
    await empty.close()
    for (let round = 0; round < Math.min(runs, MAX_STARTS); round++)
      for (const each of pages) await start(each)
    const nodeRuns: MeasuredRun[] = []
    for (let round = 0; round < runs; round++) {
      nodeRuns.push(await node.run())
      for (const each of pages) if (each.page) each.runs.push(await each.page.run())
    }
    return {
      ...{ browser, emptyBytes },
      pages: await Promise.all(
        pages.flatMap(each => (each.page ? resultOf(each, each.page, reference) : [])),
      ),
      failures: pages.flatMap(({ kind, failure }) =>
        failure === undefined ? [] : { engine: kind.engine, message: failure },
      ),
      node: timesOf(nodeRuns, nodeRuns, reference),
    }
  } finally {
    node.stop()
    for (const { page, site } of pages) {
      await page?.close()
      site.close()
    }
  }
}

/** Opens the page in a new browser, which stays open until the next one. An engine that fails is not tried again. */
async function start(each: OpenPage): Promise<void> {
  if (each.failure !== undefined) return
  await each.page?.close()
  each.page = await EnginePage.open()
  try {
    each.starts.push(await each.page.start(each.site.url))
  } catch (error) {
    each.failure = (error as Error).message
    await each.page.close()
    each.page = undefined
  }
}

async function resultOf(
  { kind, site, starts, runs }: OpenPage,
  page: EnginePage,
  reference: string,
): Promise<PageResult> {
  return {
    engine: kind.engine,
    downloadBytes: site.codeBytes(),
    first: summary(starts.map(({ milliseconds }) => milliseconds)),
    memoryBytes: await page.memoryBytes(),
    ...timesOf(runs, [...starts, ...runs], reference),
  }
}

function timesOf(runs: MeasuredRun[], checked: Run[], reference: string): Times {
  const times = runs.map(({ milliseconds }) => milliseconds)
  const network = runs.flatMap(({ networkMilliseconds = [] }) => networkMilliseconds)
  return {
    ...summary(times),
    times,
    processor: summary(runs.map(run => run.processorMilliseconds)).median,
    network: network.length > 0 ? summary(network).median : undefined,
    agreement: Math.min(...checked.map(({ mask }) => agreement(mask, reference))),
  }
}

function agreement(mask: string, reference: string): number {
  if (mask.length !== reference.length) return 0
  let same = 0
  for (let i = 0; i < mask.length; i++) if (mask[i] === reference[i]) same++
  return same / mask.length
}

/** What keeps a result from counting. */
export function problemOf({ agreement }: Times): string | undefined {
  if (agreement >= LEAST_AGREEMENT) return undefined
  return `only ${(100 * agreement).toFixed(2)} % of its pixels have the class that Node finds`
}
