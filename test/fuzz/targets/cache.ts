// The files that Atrous keeps in its cache.

import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureFile } from '../../../src/node/downloads/cached_file.ts'
import { pullWeights, readRegistry } from '../../../src/node/downloads/pull.ts'
import { tryLock } from '../../../src/node/files/lock.ts'
import { damageJson, damageJsonFile } from '../../support/mutants.ts'
import type { FuzzTarget } from '../target.ts'

/** No entry has the requested name, so nothing is downloaded. */
export const registry: FuzzTarget = {
  name: 'registry.json',
  async prepare(folder) {
    const whole = await readRegistry()
    return async random => {
      const registry = damageJson(whole, random) as typeof whole
      return pullWeights('no-such-name', { registry, cache: folder })
    }
  },
}

/** The record of a verified file in the cache. If the record is invalid, the file is verified again. */
export const verified: FuzzTarget = {
  name: 'verified.json',
  async prepare(folder) {
    const file = join(folder, 'model.safetensors')
    const content = Buffer.from('weights')
    const sha256 = createHash('sha256').update(content).digest('hex')
    return async random => {
      await writeFile(file, content)
      const record = { sha256, bytes: content.length, modified: 1_700_000_000_000 }
      await writeFile(`${file}.verified.json`, damageJsonFile(record, random))
      // No server listens there: the file must not be downloaded again.
      return ensureFile({ url: 'http://127.0.0.1:9/model.safetensors', file, sha256 })
    }
  },
}

export const lock: FuzzTarget = {
  name: 'lock',
  async prepare(folder) {
    const file = join(folder, 'file.lock')
    return async random => {
      await writeFile(file, damageJsonFile({ pid: process.pid, host: 'elsewhere', token: 'a' }, random))
      const found = await tryLock(file)
      if ('lock' in found) await found.lock.release()
      return found
    }
  },
}
