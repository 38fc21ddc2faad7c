import { expect } from 'chai'
import { NoAdapterError } from '../../src/gpu/errors.ts'
import { openGpu } from '../../src/node/index.ts'
import { rejects } from '../support/rejects.ts'

describe('ATROUS_GPU', () => {
  const { ATROUS_GPU } = process.env
  afterEach(() => {
    if (ATROUS_GPU === undefined) delete process.env.ATROUS_GPU
    else process.env.ATROUS_GPU = ATROUS_GPU
  })

  it('names the GPU to open by a part of its name, and a wrong one lists the names', async () => {
    process.env.ATROUS_GPU = 'no such GPU'
    const { message } = await rejects(NoAdapterError, () => openGpu())
    const [, name] = /^no GPU has a name with "no such GPU" in it: there are ([^;]+)/.exec(message)!
    process.env.ATROUS_GPU = name.slice(0, 5)
    const gpu = await openGpu()
    expect(gpu.info.description + gpu.info.device).to.include(name.slice(0, 5))
    gpu.destroy()
  })
})
