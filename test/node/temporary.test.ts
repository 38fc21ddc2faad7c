import { spawnSync } from 'node:child_process'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { expect } from 'chai'
import { writeFileAtomic } from '../../src/node/files/atomic.ts'
import { machineId } from '../../src/node/files/processes.ts'
import { sweep, temporaryPath } from '../../src/node/files/temporary.ts'
import { useTemporaryFolder } from './support.ts'

const UUID = '01234567-89ab-cdef-0123-456789abcdef'

describe('temporary files', () => {
  const path = useTemporaryFolder()
  const names = async () => (await readdir(path('.'))).sort()

  /** The number of a process that has ended. */
  const deadPid = () => spawnSync('true').pid

  it('and folders of a killed process are removed at the next write to their parent folder', async () => {
    const folder = `.atrous.${machineId()}-${deadPid()}-${UUID}.tmp`
    await mkdir(path(folder))
    await writeFile(path(`${folder}/weights`), '')
    await writeFile(path(`.atrous.${machineId()}-${deadPid()}-${UUID.replace('0', '1')}.tmp`), '')
    await writeFileAtomic(path('result'), 'text')
    expect(await names()).to.deep.equal(['result'])
  })

  it('of this process, of another living one, and of other programs stay', async () => {
    const kept = [
      basename(temporaryPath(path('.'))),
      `.atrous.${machineId()}-${process.ppid}-${UUID}.tmp`,
      `model.${UUID}.tmp`,
      `.atrous.${machineId()}-${deadPid()}-${UUID}.tmp.txt`,
      '.atrous.tmp',
    ]
    for (const name of kept) await writeFile(path(name), '')
    await sweep(path('.'))
    expect(await names()).to.deep.equal(kept.sort())
  })

  it('of another machine are removed after a day', async () => {
    const name = `.atrous.00000000-1-${UUID}.tmp`
    await writeFile(path(name), '')
    await sweep(path('.'))
    expect(await names()).to.deep.equal([name])
    const time = new Date(Date.now() - 25 * 3600 * 1000)
    await utimes(path(name), time, time)
    await sweep(path('.'))
    expect(await names()).to.deep.equal([])
  })
})
