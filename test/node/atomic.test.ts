import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { writeFileAtomic } from '../../src/node/files/atomic.ts'
import { skip } from '../support/skip.ts'
import { rejection, useTemporaryFolder } from './support.ts'

describe('writeFileAtomic', () => {
  const path = useTemporaryFolder()

  it('writes text, bytes and chunks, replaces an old file, and leaves no other files', async () => {
    const file = path('result')
    async function* chunks() {
      yield Buffer.from('ch')
      yield Buffer.from('unks')
    }
    for (const content of ['text', Buffer.from('bytes'), chunks()]) await writeFileAtomic(file, content)
    expect(await readFile(file, 'utf8')).to.equal('chunks')
    expect(await readdir(dirname(file))).to.deep.equal(['result'])
  })

  it('creates missing folders', async () => {
    await writeFileAtomic(path('a/b/result'), 'text')
    expect(await readFile(path('a/b/result'), 'utf8')).to.equal('text')
  })

  it('keeps only the old file if the source of chunks fails', async () => {
    async function* brokenDownload() {
      yield Buffer.from('half')
      throw new TypeError('terminated')
    }
    await writeFile(path('result'), 'old')
    const error = await rejection(writeFileAtomic(path('result'), brokenDownload()))
    expect(error).to.be.instanceOf(TypeError).with.property('message', 'terminated')
    expect(await readFile(path('result'), 'utf8')).to.equal('old')
    expect(await readdir(path('.'))).to.deep.equal(['result'])
  })

  it('reports the obstacle in one line, and leaves no files', async () => {
    await mkdir(path('folder'))
    await writeFile(path('file'), '')

    const overFolder = await rejection(writeFileAtomic(path('folder'), 'text'))
    expect(overFolder).to.be.instanceOf(UserError)
    expect(overFolder.message).to.equal(`${path('folder')}: is a folder, not a file`)

    const belowFile = await rejection(writeFileAtomic(path('file/result'), 'text'))
    expect(belowFile).to.be.instanceOf(UserError)
    expect(await readdir(path('.'))).to.have.members(['folder', 'file'])
  })

  it('refuses a folder that is not writable (Linux only)', async function () {
    if (process.platform !== 'linux') skip(this, 'only on Linux')
    const error = await rejection(writeFileAtomic('/proc/result', 'text')) // not even root may write there
    expect(error).to.be.instanceOf(UserError)
    expect(error.message).to.match(/^\/proc\/result: /)
  })
})
