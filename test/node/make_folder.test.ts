import { existsSync } from 'node:fs'
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { writeFileAtomic } from '../../src/node/files/atomic.ts'
import { writeFileSet } from '../../src/node/files/file_set.ts'
import { makeFolder } from '../../src/node/files/make_folder.ts'
import { rejects } from '../support/rejects.ts'
import { skip } from '../support/skip.ts'
import { rejection, useTemporaryFolder } from './support.ts'

describe('makeFolder', () => {
  const path = useTemporaryFolder()
  const isFolder = async (name: string) => (await stat(path(name))).isDirectory()

  it('creates a folder with those above it, and returns the first one', async () => {
    expect(await makeFolder(path('a/b/c'))).to.equal(path('a'))
    expect(await makeFolder(relative('.', path('a/b/d')))).to.equal(relative('.', path('a/b/d')))
    expect(await makeFolder(path('a/b/d'))).to.equal(undefined)
    expect([await isFolder('a/b/c'), await isFolder('a/b/d')]).to.deep.equal([true, true])
  })

  it('creates it once for all who ask at the same time, also through a link', async () => {
    await mkdir(path('real'))
    await symlink(path('real'), path('link'))
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(path('link/a/b'))))
    expect(await isFolder('real/a/b')).to.equal(true)
  })

  it('throws the error of the file system where a file is in the way', async () => {
    await writeFile(path('file'), '')
    for (const folder of ['file', 'file/a/b'])
      expect(await rejection(makeFolder(path(folder)))).to.include({ code: 'ENOTDIR' })
  })

  it('ends where the system lets nobody create a folder, for files and sets of files', async function () {
    if (!existsSync('/proc/self')) skip(this, 'there is no /proc')
    const message = '/proc/atrous: no folder can be created in /proc'
    for (const write of [
      () => makeFolder('/proc/atrous/a'),
      () => writeFileAtomic('/proc/atrous/a/b.png', 'x'),
      () => writeFileSet('/proc/atrous/a', new Map([['b', 'x']])),
    ])
      expect((await rejects(UserError, write)).message).to.equal(message)
  })
})
