import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { DeepLab } from '../../src/node/index.ts'
import { createServer } from '../../src/server/index.ts'
import { TINY } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'

const golden = (name: string) => readFile(new URL(`../node/golden/samples/${name}`, import.meta.url))

describe('a server with a model of five channels', () => {
  it('segments TIFF and .npy, and refuses photos in one line', async () => {
    const model = await DeepLab.create(TINY, { gpu: await testGpu(), size: 33 })
    await model.setInputChannels(5)
    const server = createServer({ models: { bands: model } })
    try {
      const url = await server.listen({ port: 0 })
      await server.ready()
      const post = async (name: string) => {
        const body = new Uint8Array(await golden(name))
        const headers = { 'content-type': 'application/octet-stream' }
        return (await fetch(`${url}/segment?output=json`, { method: 'POST', body, headers })).json()
      }
      for (const name of ['pages-u16.tif', 'fortran-u16.npy'])
        expect(await post(name), name).to.include({ model: 'bands', width: 7, height: 5 })
      expect((await post('rgb.png')).error).to.equal(
        'image: expected an image of 5 channels, as the network takes, got 3',
      )
    } finally {
      await server.close()
      await model.dispose()
    }
  })
})
