// What the soak test reads of a server's metrics.

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
