import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { listFileSet, readFileSet, writeFileSet } from '../../src/node/files/file_set.ts'
import { rejection, useTemporaryFolder } from './support.ts'

const NAMES = ['weights', 'config']

describe('a file set', () => {
  const path = useTemporaryFolder()

  const write = (version: string, folder = path('set')) =>
    writeFileSet(folder, new Map(NAMES.map(name => [name, `${name} ${version}`])))

  /** The version of the files. Throws if they have different versions. */
  async function read(folder = path('set')): Promise<string> {
    const found = await readFileSet(folder, NAMES, {
      read: async pathOf => {
        const texts: string[] = []
        for (const name of NAMES) texts.push(await fs.readFile(pathOf(name), 'utf8'))
        return texts
      },
    })
    const [, version] = found[0].split(' ')
    expect(found).to.deep.equal(NAMES.map(name => `${name} ${version}`))
    return version
  }

  /** The files in the folder, without leftovers, which a later process removes. */
  const visible = async (folder = path('set')) =>
    (await fs.readdir(folder)).filter(name => !name.endsWith('.tmp')).sort()

  it('is written, replaced and read next to other files', async () => {
    await write('A', path('a/b/set'))
    expect(await read(path('a/b/set'))).to.equal('A')
    await fs.writeFile(path('a/b/set/notes'), 'of the user')
    await write('B', path('a/b/set/'))
    expect(await read(path('a/b/set'))).to.equal('B')
    expect((await fs.readdir(path('a/b/set'))).sort()).to.deep.equal(['config', 'notes', 'weights'])
    expect(await fs.readdir(path('a/b'))).to.deep.equal(['set'])
  })

  describe('written by a process that is killed before any of its file operations', () => {
    it('over another set, is the old or the new set', async () => {
      const seen: string[] = []
      for (let operations = 0, killed = true; killed; operations++) {
        await fs.rm(path('set'), { recursive: true, force: true })
        await write('A')
        killed = await killedAfter(operations, () => write('B'))
        expect(await listFileSet(path('set'))).to.include.members(NAMES)
        if (operations % 2 === 0) seen.push(await read()) // else the next writer finds the leftovers
        await write('C')
        expect(await read()).to.equal('C')
        expect(await visible()).to.deep.equal(['config', 'weights'])
      }
      expect(seen).to.include.members(['A', 'B'])
      expect(seen.length).to.be.above(5)
    })

    it('to a new folder, is complete or absent', async () => {
      const seen = new Set<string>()
      for (let operations = 0, killed = true; killed; operations++) {
        await fs.rm(path('set'), { recursive: true, force: true })
        killed = await killedAfter(operations, () => write('B'))
        const names = await listFileSet(path('set'))
        seen.add(names.length === 0 ? 'absent' : await read())
        await write('C')
        expect(await read()).to.equal('C')
      }
      expect([...seen]).to.have.members(['absent', 'B'])
    })

    it('can be read if the folder is not writable', async () => {
      for (let operations = 0, killed = true; killed; operations++) {
        await fs.rm(path('set'), { recursive: true, force: true })
        await write('A')
        killed = await killedAfter(operations, () => write('B'))
        const restore = replaced('rename', async () => {
          throw Object.assign(new Error('EROFS'), { code: 'EROFS', syscall: 'rename' })
        })
        expect(await read().finally(restore)).to.be.oneOf(['A', 'B'])
      }
    })
  })

  it('is never read as a mixture while others replace it', async () => {
    await write('A')
    let writing = true
    const writer = async (version: string) => {
      for (let i = 0; i < 40; i++) {
        await write(version)
        await sleep(1)
      }
    }
    const reader = async () => {
      for (let reads = 0; ; reads++) {
        if (!writing) return reads
        await read()
      }
    }
    const readers = Promise.all([reader(), reader()])
    await Promise.all([writer('B'), writer('C')]).finally(() => {
      writing = false
    })
    for (const reads of await readers) expect(reads).to.be.above(5)
    expect(await visible()).to.deep.equal(['config', 'weights'])
  })

  it('keeps the old files if it cannot be written, and gives the reason in one line', async () => {
    await write('A')
    await fs.rm(path('set/config'))
    await fs.mkdir(path('set/config'))
    const error = await rejection(write('B'))
    expect(error).to.be.instanceOf(UserError)
    expect(error.message).to.equal(`${path('set/config')}: is a folder, not a file`)
    expect(await fs.readFile(path('set/weights'), 'utf8')).to.equal('weights A')
    expect(await fs.readdir(path('set'))).to.have.members(['config', 'weights'])

    await fs.writeFile(path('file'), '')
    for (const folder of ['file', 'file/set']) {
      const below = await rejection(write('B', path(folder)))
      expect(below).to.be.instanceOf(UserError)
      expect(
        below.message.startsWith(`${path(folder)}: part of this path is a file`),
        below.message,
      ).to.equal(true)
    }
  })
})

/** Runs `write` and stops it for ever before its file operation of this number. False if it has ended by then. */
async function killedAfter(operations: number, write: () => Promise<void>): Promise<boolean> {
  let left = operations
  let kill = () => {}
  const killed = new Promise<boolean>(resolve => {
    kill = () => resolve(true)
  })
  const restores = (['mkdir', 'open', 'rename', 'rm', 'rmdir', 'readdir', 'stat'] as const).map(name => {
    const original = fs[name] as (...args: unknown[]) => Promise<unknown>
    return replaced(name, (...args) => {
      if (left-- > 0) return original(...args)
      kill()
      return new Promise(() => {})
    })
  })
  try {
    return await Promise.race([killed, write().then(() => false)])
  } finally {
    for (const restore of restores) restore()
  }
}

/** Replaces a function of `node:fs/promises` for all modules. Returns a function that restores it. */
function replaced(name: keyof typeof fs, by: (...args: unknown[]) => Promise<unknown>): () => void {
  const original = fs[name]
  Object.assign(fs, { [name]: by })
  syncBuiltinESMExports()
  return () => {
    Object.assign(fs, { [name]: original })
    syncBuiltinESMExports()
  }
}
