// What a new training run must not replace: files of the user's that have the names of its own.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../errors.ts'
import { refuseExisting } from './output.ts'
import { parseMetrics } from './train_metrics.ts'

const RESULTS = ['model.safetensors', 'config.json', 'best', 'samples.png', 'curves.svg']
const ADVICE = 'a new run would replace it; --out takes another folder'

/**
 * Throws a UserError where the folder holds such a file. The metrics of a run that was killed before its first checkpoint are
 * none of the user's: that run starts again.
 */
export async function refuseForeignFiles(folder: string): Promise<void> {
  await refuseExisting(
    RESULTS.map(name => join(folder, name)),
    ADVICE,
  )
  const metrics = join(folder, 'metrics.jsonl')
  const text = await readFile(metrics, 'utf8').catch(() => '')
  const lines = text.split('\n').filter(line => line.trim() !== '')
  const known = parseMetrics(text)
  // A crash may have cut the last line short.
  if (known.length < lines.length - 1 || (lines.length > 0 && known.length === 0))
    throw new UserError(`${metrics} exists: ${ADVICE}`)
}
