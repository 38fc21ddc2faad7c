// The variables of the environment that open a GPU.

import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { NoAdapterError } from '../../src/gpu/errors.ts'
import { openGpu } from '../../src/node/index.ts'
import { rejects } from '../support/rejects.ts'

/** Sets a variable for a test. */
function useVariable(name: string): (value: string) => void {
  const before = process.env[name]
  afterEach(() => {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  })
  return value => {
    process.env[name] = value
  }
}

describe('ATROUS_GPU', () => {
  const set = useVariable('ATROUS_GPU')

  it('names the GPU to open by a part of its name, and a wrong one lists the names', async () => {
    set('no such GPU')
    const { message } = await rejects(NoAdapterError, () => openGpu())
    const [, name] = /^no GPU has a name with "no such GPU" in it: there are ([^;]+)/.exec(message)!
    set(name.slice(0, 5))
    const gpu = await openGpu()
    expect(gpu.info.description + gpu.info.device).to.include(name.slice(0, 5))
    gpu.destroy()
  })
})

describe('ATROUS_WITHOUT', () => {
  const set = useVariable('ATROUS_WITHOUT')

  it('switches quirks of the device off, as the option does', async () => {
    set('cpu,lanes')
    const gpu = await openGpu({ device: { without: ['unroll'] } })
    expect([...gpu.quirks]).to.deep.equal([])
    expect([gpu.isCpu, gpu.submitMilliseconds]).to.deep.equal([false, 50])
    gpu.destroy()
  })

  it('with a name that no quirk has lists those that there are', async () => {
    set('textures,speed')
    const { message } = await rejects(UserError, () => openGpu())
    expect(message).to.equal(
      'ATROUS_WITHOUT: expected cpu or textures or unroll or lanes or polling or warnings, got "speed"',
    )
  })
})
