import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { UserError } from '../../src/errors.ts'
import { usage } from '../../src/gpu/buffers.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { Segmenter } from '../../src/inference/segmenter.ts'
import { readModel } from '../../src/library/model_files.ts'
import { withAddedClass, withNewClassifier } from '../../src/model/classifier.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import { findWeights } from '../../src/node/weights.ts'
import { writeModel } from '../../src/node/write_model.ts'
import { Lesson } from '../../src/teach/lesson.ts'
import type { LessonModel, LessonOptions, LessonStep } from '../../src/teach/lesson_options.ts'
import { sharedFile } from '../node/support.ts'
import { blocksPhoto, TINY } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { kernelsDuring } from '../support/submit_budget.ts'
import { boatScore, readBoat, threeStrokes } from './boat.ts'

const [WIDTH, HEIGHT] = [64, 48]
const COPIED = usage.copySource | usage.copyDestination
const CLASSES = ['sky', 'sea', 'boat']

function tinyModel(): LessonModel {
  const config = deepLabConfig({ ...TINY, classes: CLASSES.length })
  const preprocessing = { ...IMAGENET, size: 33 }
  const untrained = { config, classNames: CLASSES, preprocessing, parameters: initialWeights(config, 1) }
  return withNewClassifier(untrained, { classes: CLASSES.length, seed: 2 })
}

const photo = (seed = 1) => blocksPhoto(WIDTH, HEIGHT, seed)

/** A row of class 0 and a row of another class. */
function rows(other = 1): Uint8Array {
  const labels = new Uint8Array(WIDTH * HEIGHT).fill(IGNORE_INDEX)
  return labels.fill(0, 10 * WIDTH, 11 * WIDTH).fill(other, 40 * WIDTH, 41 * WIDTH)
}

async function stepsOf(steps: AsyncIterable<LessonStep>): Promise<number[]> {
  const losses: number[] = []
  for await (const { loss } of steps) losses.push(loss)
  return losses
}

describe('Lesson', () => {
  let gpu: Gpu
  before(async () => {
    gpu = await testGpu()
  })

  /** Does some work with a lesson that has a photo with strokes, and disposes of it. */
  async function withLesson(
    work: (lesson: Lesson) => Promise<void>,
    { model = tinyModel(), ...options }: LessonOptions & { model?: LessonModel } = {},
  ): Promise<void> {
    const lesson = await Lesson.create(gpu, model, options)
    try {
      await lesson.setPhoto('photo', photo())
      await lesson.setLabels('photo', rows())
      await work(lesson)
    } finally {
      await lesson.dispose()
    }
  }

  async function maskOf(lesson: Lesson, name = 'photo'): Promise<Uint8Array> {
    const { mask, width, height } = await lesson.preview(name)
    const bytes = await gpu.download(mask, width * height)
    gpu.release(mask)
    return bytes
  }

  for (const part of ['classifier', 'head', 'network'] as const)
    it(`learns strokes: ${part}`, () =>
      withLesson(
        async lesson => {
          const losses = await stepsOf(lesson.train({ steps: 60, learningRate: 0.1 }))
          expect(losses.at(-1)! / losses[0]).to.be.below(0.7)
        },
        { part, rehearsal: 0 },
      ))

  for (const part of ['classifier', 'head'] as const)
    it(`computes once what does not learn: ${part}`, () =>
      withLesson(
        async lesson => {
          const isFrozen = (name: string) =>
            name.startsWith('backbone.') || (part === 'classifier' && name.startsWith('classifier.0'))
          const keeping = await kernelsDuring(gpu, () => lesson.setPhoto('other', photo(2)))
          expect([...keeping].filter(isFrozen)).not.to.deep.equal([])
          await lesson.setLabels('other', rows())
          const learning = await kernelsDuring(gpu, async () => {
            await stepsOf(lesson.train({ steps: 4 }))
            await maskOf(lesson)
          })
          expect(learning).to.include('classifier.4')
          expect([...learning].filter(isFrozen)).to.deep.equal([])
        },
        { part },
      ))

  for (const part of ['classifier', 'head', 'network'] as const)
    it(`shows the mask of the model that it gives: ${part}`, () =>
      withLesson(
        async lesson => {
          await stepsOf(lesson.train({ steps: 10, learningRate: 0.1 }))
          const segmenter = new Segmenter(gpu, await lesson.model())
          const [{ mask }] = await segmenter.segment([photo()])
          await segmenter.dispose()
          const same = (await maskOf(lesson)).filter((id, i) => id === mask[i]).length
          expect(same / mask.length).to.be.above(0.999)
        },
        { part },
      ))

  it('takes photos that are on the GPU, and leaves masks there in the caller’s buffer', () =>
    withLesson(async lesson => {
      const { data, ...size } = photo()
      const buffer = await gpu.allocate('photo', data.length, COPIED)
      gpu.device.queue.writeBuffer(buffer, 0, data as BufferSource)
      await lesson.setPhoto('on the GPU', { ...size, data: buffer })
      gpu.release(buffer)
      const into = await gpu.allocate('mask', WIDTH * HEIGHT, COPIED)
      const { mask } = await lesson.preview('on the GPU', { into })
      expect(mask).to.equal(into)
      expect(await gpu.download(into, WIDTH * HEIGHT)).to.deep.equal(await maskOf(lesson))
      gpu.release(into)
      const small = await gpu.allocate('mask', 16, COPIED)
      const { message } = await rejects(UserError, () => lesson.preview('photo', { into: small }))
      expect(message).to.equal('into: the mask takes 3072 bytes, and the buffer has 16')
      gpu.release(small)
    }))

  it('goes back by undo and by reset, to the bit', () =>
    withLesson(async lesson => {
      const start = await lesson.model()
      await stepsOf(lesson.train({ steps: 3 }))
      const first = await lesson.model()
      await stepsOf(lesson.train({ steps: 3 }))
      const second = await lesson.model()
      expect(second.parameters.get('classifier.4.bias')).not.to.deep.equal(
        first.parameters.get('classifier.4.bias'),
      )
      expect(await lesson.undo()).to.equal(true)
      expectSameBits((await lesson.model()).parameters, first.parameters)
      await stepsOf(lesson.train({ steps: 3 }))
      expectSameBits((await lesson.model()).parameters, second.parameters)
      await lesson.reset()
      expectSameBits((await lesson.model()).parameters, start.parameters)
      await lesson.undo()
      expectSameBits((await lesson.model()).parameters, second.parameters)
      expect(lesson.undoable).to.equal(2)
      await lesson.undo()
      await lesson.undo()
      expectSameBits((await lesson.model()).parameters, start.parameters)
      expect(await lesson.undo()).to.equal(false)
    }))

  it('leaves the model that it was given as it is', async () => {
    const model = tinyModel()
    await withLesson(async lesson => void (await stepsOf(lesson.train({ steps: 3 }))), { model })
    expectSameBits(model.parameters, tinyModel().parameters)
  })

  it('takes new labels between two steps', () =>
    withLesson(async lesson => {
      const losses = [0, 0, 0]
      for await (const { step, loss } of lesson.train({ steps: 3, learningRate: 1e-6 })) {
        losses[step - 1] = loss
        if (step === 1) await lesson.setLabels('photo', rows(2))
      }
      await lesson.setLabels('photo', rows(2))
      const others = await stepsOf(lesson.train({ steps: 3, learningRate: 1e-6 }))
      expect(losses[0]).not.to.be.closeTo(others[0], 1e-4)
      expect(losses[1]).to.be.closeTo(others[1], 1e-4)
    }))

  it('learns from photos of several sizes in turn, and not from those without strokes', () =>
    withLesson(
      async lesson => {
        const train = (steps: number) => stepsOf(lesson.train({ steps, learningRate: 1e-6 }))
        await lesson.setPhoto('wide', blocksPhoto(80, 40, 3))
        const alone = await train(2)
        await lesson.setLabels('wide', new Uint8Array(80 * 40).fill(2))
        const both = await train(2)
        expect(both[0]).to.be.closeTo(alone[0], 1e-3)
        expect(both[1]).not.to.be.closeTo(alone[1], 0.01)
        await lesson.removePhoto('photo')
        const [rest] = await train(1)
        expect((rest + alone[0]) / 2).to.be.closeTo(both[1], 1e-3)
        await lesson.setPhoto('wide', photo())
        expect((await maskOf(lesson, 'wide')).length).to.equal(WIDTH * HEIGHT)
        await rejects(UserError, () => train(1))
      },
      { rehearsal: 0 },
    ))

  it('ends by a signal, and keeps what was learned', () =>
    withLesson(async lesson => {
      const end = new AbortController()
      const reason = new Error('enough')
      let done = 0
      const error = await rejects(Error, async () => {
        for await (const { step } of lesson.train({ steps: 9, signal: end.signal })) {
          done = step
          if (step === 2) end.abort(reason)
        }
      })
      expect([error, done]).to.deep.equal([reason, 2])
      const after = await lesson.model()
      expect(lesson.undoable).to.equal(1)
      await rejects(Error, () => stepsOf(lesson.train({ steps: 1, signal: end.signal })))
      await rejects(Error, () => lesson.setPhoto('late', photo(), { signal: end.signal }))
      expectSameBits((await lesson.model()).parameters, after.parameters)
      expect(lesson.undoable).to.equal(1)
    }))

  it('adds, removes and renames classes, and keeps photos, strokes and what was learned', () =>
    withLesson(async lesson => {
      await stepsOf(lesson.train({ steps: 3 }))
      const mask = await maskOf(lesson)
      await lesson.addClass('bird')
      await lesson.renameClass(0, 'air')
      expect(lesson.classNames).to.deep.equal(['air', 'sea', 'boat', 'bird'])
      expect(await maskOf(lesson)).to.deep.equal(mask)
      await lesson.setLabels('photo', rows(3))
      await lesson.removeClass(1)
      const moved = await stepsOf(lesson.train({ steps: 1, learningRate: 1e-6 }))
      await lesson.setLabels('photo', rows(2))
      const [again] = await stepsOf(lesson.train({ steps: 1, learningRate: 1e-6 }))
      expect(moved[0]).to.be.closeTo(again, 1e-5)
      await lesson.reset()
      const { classNames, config, parameters } = await lesson.model()
      expect([classNames, config.classes]).to.deep.equal([['air', 'boat', 'bird'], 3])
      expect(parameters.get('classifier.4.bias')!.length).to.equal(3)
    }))

  it('saves an ordinary checkpoint', () =>
    withLesson(async lesson => {
      await lesson.addClass('bird')
      await lesson.setLabels('photo', rows(3))
      await stepsOf(lesson.train({ steps: 2 }))
      const model = await lesson.model()
      const folder = mkdtempSync(join(tmpdir(), 'lesson-'))
      try {
        await writeModel(folder, model)
        const read = await readModel(await findWeights(folder))
        expectSameBits(read.parameters, model.parameters)
        expect(read.classNames).to.deep.equal([...CLASSES, 'bird'])
      } finally {
        rmSync(folder, { recursive: true })
      }
    }))

  it('names what is wrong in one line', () =>
    withLesson(async lesson => {
      const messageOf = async (work: () => unknown) => (await rejects(UserError, work)).message
      expect(await messageOf(() => lesson.setLabels('photo', rows(3)))).to.equal(
        'the labels hold class 3, but the last of the 3 classes is 2',
      )
      expect(await messageOf(() => lesson.setLabels('photo', new Uint8Array(7)))).to.equal(
        'the labels of photo: expected 64×48 pixels, got 7 bytes',
      )
      expect(await messageOf(() => lesson.preview('no such'))).to.equal(
        'there is no photo "no such" in this lesson',
      )
      await lesson.setLabels('photo', new Uint8Array(WIDTH * HEIGHT).fill(IGNORE_INDEX))
      expect(await messageOf(() => stepsOf(lesson.train({ steps: 1 })))).to.equal(
        'there is nothing to learn: paint a stroke first',
      )
      expect(await messageOf(() => Lesson.create(gpu, tinyModel(), { rehearsal: -1 }))).to.equal(
        'rehearsal: expected a number from 0 up, got -1',
      )
    }))

  it('does not change under way, and goes back from a loss that is not a number', () =>
    withLesson(async lesson => {
      const { parameters } = await lesson.model()
      const error = await rejects(UserError, () => stepsOf(lesson.train({ steps: 9, learningRate: 1e30 })))
      expect(error.message).to.match(/^the loss is (NaN|-?Infinity): try a smaller learning rate than /)
      expectSameBits((await lesson.model()).parameters, parameters)
      for await (const _ of lesson.train({ steps: 1 }))
        for (const change of [() => lesson.undo(), () => lesson.reset(), () => lesson.addClass('bird')])
          expect((await rejects(UserError, change)).message).to.equal('a training is under way: end it first')
    }))

  it('frees all its GPU memory', async () => {
    const { buffers } = gpu.memory
    await withLesson(async lesson => {
      await lesson.setPhoto('wide', blocksPhoto(80, 40))
      await lesson.setPhoto('wide', blocksPhoto(40, 80))
      await stepsOf(lesson.train({ steps: 2 }))
      await maskOf(lesson, 'wide')
      await lesson.addClass('bird')
      await lesson.removePhoto('wide')
      await lesson.dispose()
      expect(gpu.memory.buffers).to.equal(buffers)
      expect((await rejects(UserError, () => lesson.model())).message).to.contain('disposed of')
    })
    expect(gpu.memory.buffers).to.equal(buffers)
  })

  describe('teaches the shipped network a boat', () => {
    let model: LessonModel
    before(async () => {
      model = withAddedClass(await readModel(await findWeights('scenes')), 'boat')
    })

    async function learned(labels: Uint8Array, options: LessonOptions, steps: number) {
      const lesson = await Lesson.create(gpu, model, options)
      try {
        await lesson.setPhoto('boat', await readBoat())
        await lesson.setLabels('boat', labels)
        const before = await maskOf(lesson, 'boat')
        expect(before.includes(6)).to.equal(false)
        await stepsOf(lesson.train({ steps }))
        return boatScore(await maskOf(lesson, 'boat'), { before, labels, boat: 6 })
      } finally {
        await lesson.dispose()
      }
    }

    for (const [part, steps, least, most] of [
      ['classifier', 40, 0.65, 0.03],
      ['head', 40, 0.7, 0.03],
      ['network', 30, 0.65, 0.05],
    ] as const)
      it(`by three strokes and ${steps} steps: ${part}${part === 'network' ? ' (slow)' : ''}`, async () => {
        const { iou, changed, spoilt } = await learned(threeStrokes(6, 0), { part }, steps)
        expect(iou).to.be.above(least)
        expect(changed).to.be.below(0.07)
        expect(spoilt).to.be.below(most)
      })

    it('by one stroke on the boat alone, and not the whole picture (slow)', async () => {
      const one = threeStrokes(6, IGNORE_INDEX)
      const { iou, changed, spoilt } = await learned(one, {}, 40)
      expect(iou).to.be.above(0.65)
      expect(changed).to.be.below(0.07)
      expect(spoilt).to.be.below(0.03)
      expect((await learned(one, { rehearsal: 0 }, 40)).spoilt).to.be.above(0.5)
    })
  })

  it('does not let the loss of a whole published network grow (slow)', async function () {
    const folder = sharedFile(this, 'checkpoints/deeplabv3_mobilenet_v2_float_513')
    const published = await readModel(await findWeights(folder))
    const model = withAddedClass(published, 'my boat')
    const lesson = await Lesson.create(gpu, model, { part: 'network' })
    try {
      await lesson.setPhoto('boat', await readBoat())
      await lesson.setLabels('boat', threeStrokes(model.classNames.length - 1, 0))
      const losses = await stepsOf(lesson.train({ steps: 12 }))
      expect(losses.at(-1)!).to.be.below(losses[0])
    } finally {
      await lesson.dispose()
    }
  })
})
