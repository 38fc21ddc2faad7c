// Chooses the store by how a place begins: s3://, http:// or https://, else a path.

import { printable } from '../printable.ts'
import { openFileStore } from './file_store.ts'
import { httpStore } from './http_store.ts'
import { BadJobError } from './job.ts'
import { openS3Store } from './s3_store.ts'
import type { Store } from './store.ts'

interface StoresOptions {
  /** The folder below which jobs may read and write files. Without it no job may. */
  root?: string
  /** Whether jobs may read from http: and https: URLs. These may be of servers that only this machine reaches. */
  http?: boolean
}

/** All places of jobs as one store. Throws a UserError if the root folder is not there. */
export async function openStores({ root, http }: StoresOptions): Promise<Store & { close(): void }> {
  const files = root === undefined ? undefined : await openFileStore(root)
  const s3 = openS3Store()
  const storeOf = (place: string): Store => {
    const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1].toLowerCase()
    if (scheme === 's3') return s3
    if (scheme === 'http' || scheme === 'https') {
      if (http) return httpStore
      throw new BadJobError('input: this worker does not read URLs; --http allows it')
    }
    if (scheme !== undefined)
      throw new BadJobError(`${printable(scheme)}: expected a path, or an s3:, http: or https: URL`)
    if (files) return files
    throw new BadJobError('input and output: this worker takes no files; --root names the folder of files')
  }
  return {
    read: async (place, signal) => storeOf(place).read(place, signal),
    write: async (place, bytes, signal) => storeOf(place).write(place, bytes, signal),
    identity: async place => storeOf(place).identity(place),
    close: () => s3.close(),
  }
}
