import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { skip } from '../support/skip.ts'

/** Gives each test of a suite its own empty folder. The returned function maps a file's name to its path there. */
export function useTemporaryFolder(): (name: string) => string {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atrous-'))
  })
  afterEach(() => rm(folder, { recursive: true }))
  return name => join(folder, name)
}

/** Gives each test of a suite its own empty cache folder, `cache` in its temporary folder. */
export function useEmptyCache(path: (name: string) => string): void {
  const { ATROUS_CACHE } = process.env
  beforeEach(() => {
    process.env.ATROUS_CACHE = path('cache')
  })
  afterEach(() => {
    if (ATROUS_CACHE === undefined) delete process.env.ATROUS_CACHE
    else process.env.ATROUS_CACHE = ATROUS_CACHE
  })
}

/** The path of a file in ../shared/data. If that is absent, skips the running test, and says so in its title. */
export function sharedFile(context: Mocha.Context, name: string): string {
  const file = fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url))
  if (!existsSync(file)) skip(context, '../shared/data is absent')
  return file
}

/** The error that a promise rejects with, for checks on it. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('expected a rejection')
}
