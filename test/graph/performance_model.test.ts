import { expect } from 'chai'
import { candidateOn, type LayerCandidate, PerformanceModel } from '../../src/graph/tune/performance_model.ts'

const shape = { pixels: 1000, inChannels: 64, outChannels: 64, taps: 9 }
const WORK = 1e6
const first = { convolution: 'first', shape }
const candidate = (name: string, layer = first): LayerCandidate => candidateOn(layer, { name, work: WORK })

describe('the model of candidates’ times', () => {
  it('repeats what was measured, within the noise', () => {
    const model = new PerformanceModel()
    const times = { 'conv2d 4×8 of 32×64': 3, 'conv2d 8×8 of 32×64': 2, winograd_4: 1 }
    for (const [name, milliseconds] of Object.entries(times)) model.observe(candidate(name), milliseconds)
    for (const [name, milliseconds] of Object.entries(times)) {
      const { mean, deviation } = model.predict(candidate(name))
      expect(Math.exp(mean) / milliseconds, name).to.be.within(0.97, 1.03)
      expect(deviation).to.be.below(0.06)
    }
  })

  it('expects as much for each multiply-add where nothing else is known', () => {
    const model = new PerformanceModel()
    model.observe(candidate('conv2d'), 5)
    const other = candidate('conv2d_tiled')
    const twice = { ...other, work: 2 * WORK }
    expect(model.predict(twice).mean - model.predict(other).mean).to.be.closeTo(Math.LN2, 1e-9)
    expect(model.predict(other).deviation, 'and knows that it knows little').to.be.above(1)
  })

  it('learns of tiles that are alike, and of their strategy', () => {
    const model = new PerformanceModel()
    model.observe(candidate('winograd_4'), 1)
    model.observe(candidate('conv2d_tiled 4×8 of 64×64, depth 16'), 10)
    const slow = ['conv2d_tiled 4×8 of 64×64, depth 8', 'conv2d_tiled 8×8 of 32×32, depth 8', 'conv2d']
    const [near, far, unlike] = slow.map(name => model.predict(candidate(name)))
    expect(near.mean).to.be.above(far.mean)
    expect(far.mean).to.be.above(unlike.mean)
    expect(near.deviation).to.be.below(far.deviation)
    expect(far.deviation).to.be.below(unlike.deviation)
  })

  it('expects on another layer what was fast on one like it', () => {
    const model = new PerformanceModel()
    const [fast, slow] = ['conv2d 4×8 of 32×64', 'conv2d 8×16 of 32×64']
    model.observe(candidate(slow), 10)
    model.observe(candidate(fast), 5)
    const alike = { convolution: 'second', shape: { ...shape, pixels: 1200 } }
    const other = { convolution: 'third', shape: { pixels: 50, inChannels: 2048, outChannels: 21, taps: 1 } }
    model.observe(candidate(slow, alike), 20)
    model.observe(candidate(slow, other), 20)
    const expected = (layer: typeof first) => Math.exp(model.predict(candidate(fast, layer)).mean)
    expect(expected(alike)).to.be.within(9, 14)
    expect(expected(other)).to.be.within(expected(alike), 20)
  })

  it('gains nothing from what is surely slower, and the difference from what is surely faster', () => {
    const model = new PerformanceModel()
    model.observe(candidate('conv2d'), 10)
    model.observe(candidate('conv2d_tiled'), 5)
    expect(model.expectedGain(candidate('conv2d'), 5)).to.be.closeTo(0, 1e-3)
    expect(model.expectedGain(candidate('conv2d_tiled'), 10)).to.be.closeTo(0.5, 0.02)
    const unknown = model.expectedGain(candidate('winograd_4'), 5)
    expect(unknown).to.be.within(0.05, 0.5)
  })
})
