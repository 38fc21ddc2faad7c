import { expect } from 'chai'
import type { DeepLab } from '../../src/node/index.ts'
import type { Batcher } from '../../src/server/batcher.ts'
import { ServedModels } from '../../src/server/served_models.ts'

describe('a model that is loaded again', () => {
  it('stays until the requests that use it have ended, and new ones get the new model', async () => {
    const opened: string[] = []
    const disposed: string[] = []
    const open = async () => {
      const name = `number ${opened.push('') - 1}`
      const dispose = async () => {
        disposed.push(name)
      }
      return { name, dispose } as unknown as DeepLab
    }
    const models = new ServedModels({
      sources: new Map([['one', { open, isOwned: true }]]),
      openPath: open,
      batcherOf: () => ({ idle: async () => {} }) as Batcher,
      onError: error => {
        throw error
      },
    })
    await models.load('one')
    const before = models.get('one')
    const leave = before.users.enter()
    const loaded = models.load('one')
    while (models.get('one') === before) await Promise.resolve()
    await new Promise(setImmediate)
    expect(disposed).to.deep.equal([])
    leave()
    await loaded
    expect(disposed).to.deep.equal(['number 0'])
    const unloaded = models.unload('one')
    await unloaded
    expect(disposed).to.deep.equal(['number 0', 'number 1'])
    expect(() => models.get('one')).to.throw('model "one" is not loaded')
  })
})
