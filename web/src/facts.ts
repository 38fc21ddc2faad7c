// The panel of the GPU: its name, times and memory.

import { adapterName, describeAdapter } from '../../src/bench/adapter.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { byId, make } from './dom.ts'

const list = byId('facts', HTMLElement)
const facts = new Map<string, string>()

/** Adds or replaces lines of the panel. */
export function showFacts(lines: Record<string, string>): void {
  for (const [name, value] of Object.entries(lines)) facts.set(name, value)
  list.replaceChildren(
    ...[...facts].flatMap(([name, value]) => [
      make('dt', { textContent: name }),
      make('dd', { textContent: value }),
    ]),
  )
}

export function showGpu(gpu: Gpu): void {
  const name = adapterName(describeAdapter(gpu))
  showFacts({ Adapter: gpu.isCpu ? `${name} (software)` : name })
}

export const showMemory = ({ memory }: Gpu): void =>
  showFacts({ Memory: `${Math.round(memory.liveBytes / 1e6)} MB` })

export const milliseconds = (time: number): string =>
  time < 10 ? `${time.toFixed(1)} ms` : `${Math.round(time)} ms`

/** The times of one piece of work's parts. */
export class Stopwatch {
  readonly laps: Record<string, string> = {}
  #last = performance.now()

  lap(name: string): void {
    const now = performance.now()
    this.laps[name] = milliseconds(now - this.#last)
    this.#last = now
  }
}
