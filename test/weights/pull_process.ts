// A process that finds weights on request of its parent. It passes warnings on at once, and answers with the hash or the error.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { findWeights } from '../../src/node/weights.ts'

export interface PullOrder {
  url: string
  cache: string
}

export interface PullAnswer {
  sha256?: string
  error?: string
  warnings: string[]
}

process.on('message', async ({ url, cache }: PullOrder) => {
  const warnings: string[] = []
  const onWarning = (warning: string) => {
    warnings.push(warning)
    process.send!(warning)
  }
  try {
    const { source } = await findWeights(url, { cache, onWarning })
    const sha256 = createHash('sha256')
      .update(await readFile(source))
      .digest('hex')
    process.send!({ sha256, warnings } satisfies PullAnswer)
  } catch (error) {
    process.send!({ error: (error as Error).message, warnings } satisfies PullAnswer)
  }
})
process.send!('ready')
