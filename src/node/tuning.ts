// The results of `atrous tune` and of tuning in the background, in a file of the cache folder.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Gpu } from '../gpu/gpu.ts'
import type { TuningStore } from '../graph/tune/tuning_store.ts'
import { TextTuningStore, type Tuning, tuningIn } from '../library/tuning.ts'
import { cacheFolder } from './cache.ts'
import { writeFileAtomic } from './files/atomic.ts'

export const tuningFile = (): string => join(cacheFolder(), 'tuning.json')

export class FileTuningStore extends TextTuningStore {
  /** `warn` is called with the reason why a file is not read. `write` throws a UserError if the file system refuses. */
  constructor(file = tuningFile(), warn = (message: string): void => console.warn(`warning: ${message}`)) {
    const read = () =>
      readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') warn(`${file} cannot be read and is ignored: ${error.message}`)
        return undefined
      })
    super({ name: file, writer: 'atrous tune', read, write: text => writeFileAtomic(file, text) }, warn)
  }
}

export const openTuning = (gpu: Gpu, store: TuningStore = new FileTuningStore()): Promise<Tuning> =>
  tuningIn(store, gpu)
