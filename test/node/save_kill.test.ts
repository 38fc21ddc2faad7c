// Models saved by a process that is killed. ATROUS_KILLS=40 kills it more often than `npm test` has time for.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { readModel } from '../../src/library/model_files.ts'
import { findWeights } from '../../src/node/weights.ts'
import { writeModel } from '../../src/node/write_model.ts'
import { randomSource } from '../reference/random.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { savedModels } from './saved_models.ts'
import { useTemporaryFolder } from './support.ts'

const KILLS = Number(process.env.ATROUS_KILLS ?? 3)
const CHILD = fileURLToPath(new URL('save_in_a_loop.ts', import.meta.url))

describe('a model that is saved over another one', () => {
  const path = useTemporaryFolder()

  it(`is the old or the new one if the process is killed (${KILLS} times)`, async () => {
    const models = savedModels()
    const random = randomSource(7)
    for (let kill = 0; kill < KILLS; kill++) {
      const child = fork(CHILD, [path('model')], { execArgv: ['--import', 'tsx'] })
      const ended = once(child, 'exit')
      await once(child, 'message')
      await sleep(random() * 60)
      child.kill('SIGKILL')
      expect((await ended)[1]).to.equal('SIGKILL')

      const found = await readModel(await findWeights(path('model')))
      const expected = models.find(({ config }) => config.classes === found.config.classes)!
      const { parameters, ...rest } = expected
      expect(found).to.deep.include(rest)
      expectSameBits(found.parameters, parameters)
      if (kill % 2 === 1) await rm(path('model'), { recursive: true }) // else the next process continues with the leftovers
    }
    await writeModel(path('model'), models[0])
    expect((await readdir(path('model'))).sort()).to.deep.equal(['config.json', 'model.safetensors'])
  })
})
