// What the soak test reads of a server's metrics, and of its probes.

import { setTimeout as sleep } from 'node:timers/promises'

export interface Sample {
  /** In bytes. */
  rss: number
  gpuBytes: number
  /** Photos that have run, and in how many batches. */
  photos: number
  batches: number
}

export async function sampleMetrics(url: string): Promise<Sample> {
  const answer = await fetch(`${url}/metrics`)
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`/metrics: ${answer.status} ${text}`)
  const value = (name: string) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
  return {
    rss: value('process_resident_memory_bytes'),
    gpuBytes: value('atrous_gpu_bytes'),
    photos: value('atrous_batch_photos_sum'),
    batches: value('atrous_batch_photos_count'),
  }
}

/** Asks as Kubernetes does, every 100 ms. `end` returns the latencies in milliseconds, and throws if an answer was not right. */
export function startProbes(url: string): { end(): Promise<number[]> } {
  const milliseconds: number[] = []
  let hasEnded = false
  const asking = (async () => {
    while (!hasEnded) {
      const start = performance.now()
      const answer = await fetch(`${url}/v2/health/live`)
      await answer.arrayBuffer()
      if (answer.status !== 200) throw new Error(`a probe got ${answer.status}`)
      milliseconds.push(performance.now() - start)
      await sleep(100)
    }
    return milliseconds
  })()
  asking.catch(() => {}) // It is thrown at the end.
  return {
    end() {
      hasEnded = true
      return asking
    },
  }
}
