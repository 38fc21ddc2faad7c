// Tests that the shipped weights perform as their model card states.

import { readdir, readFile, stat } from 'node:fs/promises'
import { expect } from 'chai'
import { sceneClasses } from '../../scripts/scenes/classes.ts'
import { renderScene } from '../../scripts/scenes/ray_tracer.ts'
import { preset } from '../../src/model/presets.ts'
import { DeepLab } from '../../src/node/index.ts'
import { ConfusionMatrix } from '../../src/train/confusion.ts'
import { testGpu } from '../support/gpu.ts'

const folder = new URL('../../weights/scenes/', import.meta.url)

describe('the shipped weights', () => {
  let model: DeepLab
  before(async () => {
    model = await DeepLab.load('scenes', { gpu: await testGpu() })
  })
  after(() => model.dispose())

  it('have the preset’s network, and take at most 4 MB', async () => {
    const { config, size } = preset('scenes')
    expect(model.config).to.deep.equal(config)
    expect(model.classNames).to.deep.equal(sceneClasses)
    expect(model.state.preprocessing.size).to.equal(size)
    const sizes = await Promise.all(
      (await readdir(folder)).map(async name => (await stat(new URL(name, folder))).size),
    )
    expect(sizes.reduce((a, b) => a + b)).to.be.below(4e6)
  })

  it('segment new scenes about as well as their card states (slow)', async () => {
    const card = await readFile(new URL('README.md', folder), 'utf8')
    const stated = Number(/\*\*([\d.]+) %\*\*/.exec(card)![1]) / 100
    const matrix = new ConfusionMatrix(sceneClasses.length)
    for (let seed = 0; seed < 24; seed++) {
      const { image: data, mask: truth, width, height } = renderScene({ seed, width: 257, height: 257 })
      const photo = { width, height, data, originalWidth: width, originalHeight: height }
      matrix.add(truth, (await model.segment(photo)).mask)
    }
    expect(matrix.scores().mIoU).to.be.within(stated - 0.1, stated + 0.1)
  })
})
