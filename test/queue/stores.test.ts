// Where jobs may read and write.

import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { BadJobError } from '../../src/queue/job.ts'
import { openStores } from '../../src/queue/stores.ts'
import { rejection, useTemporaryFolder } from '../node/support.ts'
import { rejects } from '../support/rejects.ts'
import { serveStatic } from '../support/static_server.ts'

const { signal } = new AbortController()
const bytes = new Uint8Array([1, 2, 3])

describe('the places of jobs', () => {
  const path = useTemporaryFolder()

  const openFiles = async () => {
    await mkdir(path('root/inside'), { recursive: true })
    await writeFile(path('root/inside/a.jpg'), bytes)
    await writeFile(path('secret'), 'secret')
    return openStores({ root: path('root') })
  }

  it('are files below --root, whose folders are created', async () => {
    const store = await openFiles()
    expect([...(await store.read('inside/a.jpg', signal))]).to.deep.equal([1, 2, 3])
    expect([...(await store.read('./inside//a.jpg', signal))]).to.deep.equal([1, 2, 3])
    await store.write('new/deep/mask.png', bytes, signal)
    expect([...(await readFile(path('root/new/deep/mask.png')))]).to.deep.equal([1, 2, 3])
    expect(await readdir(path('root/new/deep'))).to.deep.equal(['mask.png'])
  })

  it('are never files outside it, neither by `..` nor as absolute paths', async () => {
    const store = await openFiles()
    for (const outside of [
      '../secret',
      'inside/../../secret',
      'inside/../inside/a.jpg',
      path('secret'),
      '..\\secret',
      'C:secret',
      'inside/nul.mask.png',
      'inside/.',
    ])
      for (const act of [() => store.read(outside, signal), () => store.write(outside, bytes, signal)])
        expect((await rejects(BadJobError, act)).message).to.match(
          /: expected a path below --root, without \.\. and names that Windows reserves$/,
        )
    expect(await readFile(path('secret'), 'utf8')).to.equal('secret')
  })

  it('are never files outside it by symbolic links, of files, folders or folders of folders', async () => {
    const store = await openFiles()
    await mkdir(path('outside'))
    await writeFile(path('outside/a.jpg'), bytes)
    await symlink(path('secret'), path('root/link'))
    await symlink(path('outside'), path('root/folder'))
    await symlink(path('root/folder'), path('root/inside/twice'))
    for (const link of ['link', 'folder/a.jpg', 'inside/twice/a.jpg'])
      expect((await rejects(BadJobError, () => store.read(link, signal))).message).to.equal(
        `${link}: a symbolic link leads out of --root`,
      )
    for (const link of ['folder/mask.png', 'inside/twice/mask.png', 'folder/new/mask.png'])
      await rejects(BadJobError, () => store.write(link, bytes, signal))
    expect(await readdir(path('outside'))).to.deep.equal(['a.jpg'])
    await store.write('link', bytes, signal) // replaces the link itself
    expect(await readFile(path('secret'), 'utf8')).to.equal('secret')
  })

  it('may be symbolic links that stay below --root, which may itself be one', async () => {
    await openFiles()
    await symlink(path('root'), path('alias'))
    await symlink(path('root/inside'), path('root/near'))
    const store = await openStores({ root: path('alias') })
    expect([...(await store.read('near/a.jpg', signal))]).to.deep.equal([1, 2, 3])
    await store.write('near/mask.png', bytes, signal)
    expect(await readdir(path('root/inside'))).to.have.members(['a.jpg', 'mask.png'])
  })

  it('that are not there, folders, pipes and huge files fail for good, in one line', async () => {
    const store = await openFiles()
    execFileSync('mkfifo', [path('root/pipe')])
    await writeFile(path('root/huge'), '')
    await truncate(path('root/huge'), 2 ** 28 + 1)
    for (const [place, message] of [
      ['none.jpg', 'none.jpg: no such file or folder'],
      ['inside/a.jpg/b', 'inside/a.jpg/b: part of this path is a file, not a folder'],
      ['inside', 'inside: is not a file'],
      ['pipe', 'pipe: is not a file'],
      ['huge', 'huge: the file has 268435457 bytes, over the limit of 268435456'],
      ['a\0b', 'a?b: a path cannot hold a NUL character'],
    ])
      expect((await rejects(BadJobError, () => store.read(place, signal))).message).to.equal(message)
    await rejects(BadJobError, () => store.write('inside/a.jpg/mask.png', bytes, signal))
  })

  it('of results that no file system takes fail for good, with the path that the job gave', async () => {
    const store = await openFiles()
    const long = 'x'.repeat(300)
    for (const [place, message] of [
      ['a\0b.mask.png', 'a?b.mask.png: a path cannot hold a NUL character'],
      [`${long}/a.mask.png`, `${long}/a.mask.png: the name is longer than the system allows`],
      [`${long}.mask.png`, `${long}.mask.png: the name is longer than the system allows`],
      ['inside/a.jpg/b', 'inside/a.jpg/b: part of this path is a file, not a folder'],
    ])
      expect((await rejects(BadJobError, () => store.write(place, bytes, signal))).message).to.equal(message)
  })

  it('have one identity under all their names', async () => {
    const store = await openFiles()
    await symlink(path('root/inside'), path('root/near'))
    const [photo, ...others] = await Promise.all(
      ['inside/a.jpg', './inside//a.jpg', 'near/a.jpg', 'inside/b.jpg'].map(each => store.identity(each)),
    )
    expect(others).to.deep.equal([photo, photo, undefined])
    expect(await store.identity('s3://photos/a')).to.equal('s3://photos/a')
  })

  it('may be tried again where the disk refuses for now', async () => {
    const store = await openFiles()
    await mkdir(path('root/mask.png'))
    const error = await rejection(store.write('mask.png', bytes, signal))
    expect(error).to.not.be.instanceOf(BadJobError)
    expect(error.message).to.equal('mask.png: is a folder, not a file')
  })

  it('need --root for files and --http for URLs', async () => {
    const none = await openStores({})
    expect((await rejects(BadJobError, () => none.read('a.jpg', signal))).message).to.match(/--root names/)
    expect((await rejects(BadJobError, () => none.read('http://localhost/a', signal))).message).to.match(
      /--http/,
    )
    for (const place of ['file:///etc/passwd', 'ftp://host/a', 'data://a'])
      expect((await rejects(BadJobError, () => none.read(place, signal))).message).to.match(
        /expected a path, or/,
      )
  })

  it('are URLs with --http: what is not there fails for good, what is busy may be tried again', async () => {
    const server = await serveStatic(at =>
      at === '/a.jpg' ? { body: bytes } : { status: at === '/busy' ? 503 : 404 },
    )
    const store = await openStores({ http: true })
    expect([...(await store.read(`${server.url}/a.jpg`, signal))]).to.deep.equal([1, 2, 3])
    await rejects(BadJobError, () => store.read(`${server.url}/none`, signal))
    expect(await rejection(store.read(`${server.url}/busy`, signal))).to.not.be.instanceOf(BadJobError)
    expect((await rejects(BadJobError, () => store.write(server.url, bytes, signal))).message).to.match(
      /results are written to files or to s3/,
    )
    server.close()
    expect(await rejection(store.read(`${server.url}/a.jpg`, signal))).to.not.be.instanceOf(BadJobError)
  })

  it('a --root that is not there is one line', async () => {
    expect((await rejection(openStores({ root: path('none') }))).message).to.equal(
      `${path('none')}: no such file or folder`,
    )
    await writeFile(path('file'), '')
    expect((await rejection(openStores({ root: path('file') }))).message).to.equal(
      `${path('file')}: is not a folder`,
    )
  })
})
