// Options of the library's calls: misspelt and invalid options are refused, valid ones take effect.

import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { DeepLab, evaluate } from '../../src/node/index.ts'
import { testGpu } from '../support/gpu.ts'
import { processorMilliseconds } from '../support/processor_time.ts'
import { rejects } from '../support/rejects.ts'
import { relativeError } from '../support/run_graph.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

describe('DeepLab: options', () => {
  const photo = blocksPhoto(90, 70)
  const size = 65
  let gpu: Gpu
  let model: DeepLab
  before(async () => {
    gpu = await testGpu()
    model = await DeepLab.create(TINY, { gpu, seed: 3 })
  })
  after(() => model.dispose())

  const refusal = async (call: () => unknown) => (await rejects(UserError, call)).message

  describe('by name', () => {
    it('are refused if unknown, with the nearest known name', async () => {
      const nobody = { classNames: [], segment: () => Promise.reject(new Error('not run')) }
      const nothing = { name: 'nothing', size: 0, classNames: [], read: () => Promise.reject(new Error()) }
      const calls: Record<string, (options: object) => Promise<unknown>> = {
        load: options => DeepLab.load('scenes', options),
        create: options => DeepLab.create(TINY, options),
        segment: options => model.segment(photo, options),
        'segment of an array': options => model.segment([photo], options),
        explain: options => model.explain(photo, options),
        tune: options => model.tune(photo, options),
        setClasses: options => model.setClasses(['a', 'b'], options),
        addAuxiliaryHead: options => model.addAuxiliaryHead(options),
        evaluate: options => evaluate(nobody, nothing as never, options),
      }
      const complaints: Record<string, string> = {}
      for (const [name, call] of Object.entries(calls))
        complaints[name] = await refusal(() => call({ nonsense: 1 }))
      for (const [name, complaint] of Object.entries(complaints))
        expect(complaint, name).to.match(/^nonsense: unknown option; expected [a-zA-Z, ]+$/)
      const near: [string, object, string][] = [
        ['segment', { outputstride: 8 }, 'outputstride: unknown option; did you mean outputStride?'],
        ['segment', { 'output-stride': 8 }, 'output-stride: unknown option; did you mean outputStride?'],
        ['segment', { scale: [1] }, 'scale: unknown option; did you mean scales?'],
        ['segment', { batchsize: 1 }, 'batchsize: unknown option; did you mean batchSize?'],
        ['explain', { flipp: true }, 'flipp: unknown option; did you mean flip?'],
        ['tune', { second: 1 }, 'second: unknown option; did you mean seconds?'],
        ['load', { percision: 'fp16' }, 'percision: unknown option; did you mean precision?'],
        ['create', { sead: 1 }, 'sead: unknown option; did you mean seed?'],
        ['evaluate', { onprogress: 1 }, 'onprogress: unknown option; did you mean onProgress?'],
      ]
      for (const [name, options, expected] of near)
        expect(await refusal(() => calls[name](options))).to.equal(expected)
      for (const options of [null, 'flip', 7])
        expect(await refusal(() => calls.segment(options as never))).to.match(
          /^options: expected an object, got/,
        )
    })

    it('count as not given if they are undefined', async () => {
      const options = { size, outputStride: undefined, nonsense: undefined } as object
      expect((await model.segment(photo, options)).mask).to.have.length(90 * 70)
    })
  })

  describe('by value', () => {
    it('are refused with their name before anything runs', async () => {
      const cases: [object, string][] = [
        [{ outputStride: 12 }, 'outputStride: expected 8, 16, 32; got 12'],
        [{ outputStride: '8' }, 'outputStride: expected 8, 16, 32; got "8"'],
        [{ outputStride: 8n }, 'outputStride: expected 8, 16, 32; got 8'],
        [{ outputStride: Number.NaN }, 'outputStride: expected 8, 16, 32; got NaN'],
        ...[[], [0], [-1], [5], [Number.NaN], [Number.POSITIVE_INFINITY], ['1'], [1n], new Array(2)].map(
          scales =>
            [{ scales }, 'scales: expected up to 32 factors above 0, at most 4, got'] as [object, string],
        ),
        [{ scales: 1 }, 'scales: expected up to 32 factors above 0, at most 4, got 1'],
        [{ scales: '1,2' }, 'scales: expected up to 32 factors above 0, at most 4, got "1,2"'],
        [
          { scales: new Set([1]) },
          'scales: expected up to 32 factors above 0, at most 4, got a value of type Set',
        ],
        [
          { scales: new Array(33).fill(1) },
          'scales: expected up to 32 factors above 0, at most 4, got an array',
        ],
        [{ flip: 'yes' }, 'flip: expected true or false, got "yes"'],
        [{ flip: 1 }, 'flip: expected true or false, got 1'],
        [{ size: 0 }, 'size: expected a number of pixels from 1 to 16384, got 0'],
        [{ size: 64.5 }, 'size: expected a number of pixels from 1 to 16384, got 64.5'],
        [{ size: '513' }, 'size: expected a number of pixels from 1 to 16384, got "513"'],
        [{ size: 1e9 }, 'size: expected a number of pixels from 1 to 16384, got 1000000000'],
        [{ batchSize: 0 }, 'batchSize: expected a whole number above 0'],
        [{ batchSize: '4' }, 'batchSize: expected a whole number above 0, at most 4096, got "4"'],
        [{ batchSize: Number.POSITIVE_INFINITY }, 'batchSize: expected a whole number above 0'],
        [{ output: 'masks' }, 'output: expected mask or probabilities or logits, got "masks"'],
        [{ at: 'image' }, 'at: expected photo or network, got "image"'],
        [
          { crf: '' },
          'crf: expected default, v1, v2, v2-vgg or an object of parameters, got an empty string',
        ],
        [{ crf: { posW: 3 } }, 'crf: biW: expected a number from 0 to 1000000, got undefined'],
        [{ signal: 'now' }, 'signal: expected an AbortSignal, got "now"'],
        [{ onProgress: true }, 'onProgress: expected a function, got true'],
        [{ onError: 'skip' }, 'onError: expected a function, got "skip"'],
      ]
      for (const [options, expected] of cases)
        expect(await refusal(() => model.segment([photo], options))).to.include(expected)
      const single = { onError: () => {} } as object
      expect(await refusal(() => model.segment(photo, single))).to.match(
        /^onError: only for an array of photos/,
      )
      expect(await refusal(() => model.tune(photo, { seconds: Number.NaN }))).to.equal(
        'seconds: expected a number above 0, got NaN',
      )
      expect(await refusal(() => model.tune(photo, { onlyNew: 1 as never }))).to.match(
        /^onlyNew: expected true or/,
      )
      expect(await refusal(() => model.setSize(Number.NaN))).to.match(/^size: expected a number of pixels/)
    })

    it('of load and create are also refused with their name', async () => {
      const wrong = (options: object) => DeepLab.create(TINY, { gpu, ...options })
      expect(await refusal(() => wrong({ seed: 0.5 }))).to.equal('seed: expected a whole number, got 0.5')
      expect(await refusal(() => wrong({ size: -1 }))).to.match(/^size: expected a number of pixels/)
      expect(await refusal(() => wrong({ gpu: gpu.device }))).to.match(
        /^gpu: expected the result of openGpu\(\), got/,
      )
      expect(await refusal(() => DeepLab.create(null as never))).to.match(
        /^network: expected an object such as/,
      )
      for (const name of [undefined, null, '', 7, {}])
        expect(await refusal(() => DeepLab.load(name as never))).to.match(
          /^load: expected the name of a model, a path/,
        )
    })

    it('are refused without allocating much memory', async () => {
      const [{ rss }, { peakBytes }] = [process.memoryUsage(), gpu.memory]
      const milliseconds = await processorMilliseconds(async () => {
        expect(await refusal(() => model.segment(photo, { size: 16384, scales: [4] }))).to.match(/this GPU/)
      })
      expect(milliseconds).to.be.below(30_000)
      expect(gpu.memory.peakBytes).to.equal(peakBytes)
      expect(process.memoryUsage().rss - rss).to.be.below(2 ** 30)
    })
  })

  describe('scales', () => {
    const masks = async (...lists: number[][]) => {
      const found = []
      for (const scales of lists) found.push((await model.segment(photo, { size, scales })).mask)
      return found
    }

    it('that are equal count as often as they are given, and the mean of equal views is the view', async () => {
      const [once, twice] = await masks([1], [1, 1])
      expect(twice).to.deep.equal(once)
      const probabilities = async (scales: number[]) => {
        const options = { size, scales, output: 'probabilities', at: 'network' } as const
        return (await model.segment(photo, options)).probabilities.data
      }
      const [equal, heavy, heavier] = [
        await probabilities([0.5, 1]),
        await probabilities([1, 0.5, 1]),
        await probabilities([1, 1, 0.5, 1]),
      ]
      // With a at scale 1 and b at 0.5, these are (a + b) / 2, (2a + b) / 3 and (3a + b) / 4.
      const expected = heavy.map((_, i) => {
        const a = 2 * heavier[i] - equal[i]
        return (2 * a + (2 * equal[i] - a)) / 3
      })
      expect(relativeError(heavy, expected)).to.be.below(1e-5)
      expect(relativeError(heavy, equal)).to.be.above(1e-3)
    })

    it('that are equal run once', async () => {
      const plans = [
        await model.explain(photo, { scales: [0.5, 1] }),
        await model.explain(photo, { scales: [0.5, 1, 1] }),
      ]
      const [distinct, equal] = plans.map(plan => /(\d+) dispatches/.exec(plan)![1])
      expect(equal).to.equal(distinct)
    })
  })
})
