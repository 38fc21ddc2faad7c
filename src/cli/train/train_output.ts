// Files of the user that a new training run must not replace.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../errors.ts'
import { exists, refuseExisting } from '../output.ts'
import { parseMetrics } from './train_metrics.ts'
import { SETTINGS_FILE } from './train_settings.ts'

const MODEL = ['model.safetensors', 'config.json']
const PICTURES = ['best', 'samples.png', 'curves.svg']
const ADVICE = 'a new run would replace it; choose another folder with --out'

/**
 * Throws a UserError if the folder holds such a file. Files of an earlier run that was killed before its first checkpoint are not
 * the user's: the run starts again. Its run.json identifies it.
 */
export async function refuseForeignFiles(folder: string): Promise<void> {
  const isOwn = await exists(join(folder, SETTINGS_FILE))
  await refuseExisting(
    [...MODEL, ...(isOwn ? [] : PICTURES)].map(name => join(folder, name)),
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
