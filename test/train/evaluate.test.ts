import { expect } from 'chai'
import type { Image } from '../../src/data/image.ts'
import { BadImageError, UserError } from '../../src/errors.ts'
import { evaluate, meanIoURemark, type SegmentationModel } from '../../src/train/evaluate.ts'
import { memoryDataset } from '../data/memory_dataset.ts'
import { rejects } from '../support/rejects.ts'

const CLASSES = ['background', 'cat', 'dog']

/** A model that finds the same mask in every photo, and records its calls. */
function fakeModel(mask: number[], classNames = CLASSES) {
  const calls: { photo: Image; options: object }[] = []
  const model: SegmentationModel = {
    classNames,
    async segment(photo, options) {
      calls.push({ photo, options })
      return { mask: Uint8Array.from(mask) }
    },
  }
  return { model, calls }
}

describe('evaluate', () => {
  const dataset = memoryDataset(CLASSES, [
    [0, 0, 1, 255],
    [0, 1, 1, 0],
    [1, 1, 1, 1],
  ])

  it('compares every image with its labels', async () => {
    const { model, calls } = fakeModel([0, 1, 1, 1])
    const progress: object[] = []
    const found = await evaluate(model, dataset, {
      outputStride: 8,
      flip: true,
      crf: 'v2',
      onProgress: each => progress.push(each),
    })
    expect(found).to.deep.equal({
      mIoU: (2 / 5 + 6 / 9) / 2,
      pixelAccuracy: 8 / 11,
      leftOut: ['dog'],
      onlyPredicted: [],
      classes: [
        { id: 0, name: 'background', iou: 2 / 5 },
        { id: 1, name: 'cat', iou: 6 / 9 },
        { id: 2, name: 'dog', iou: null },
      ],
      confusion: [
        [2, 2, 0],
        [1, 6, 0],
        [0, 0, 0],
      ],
      images: 3,
    })
    expect(calls.map(({ photo }) => photo.data[0])).to.deep.equal([0, 1, 2])
    for (const { options } of calls) expect(options).to.deep.equal({ outputStride: 8, flip: true, crf: 'v2' })
    expect(progress).to.deep.equal([1, 2, 3].map(done => ({ done, total: 3 })))
  })

  it('passes each image and its prediction to the callback, and waits for it', async () => {
    const { model, calls } = fakeModel([0, 1, 1, 1])
    const seen: object[] = []
    await evaluate(model, dataset, {
      async onImage({ index, labelled, prediction }) {
        await new Promise(resolve => setTimeout(resolve, 1))
        seen.push({ index, truth: [...labelled.mask], prediction: [...prediction], calls: calls.length })
      },
    })
    const prediction = [0, 1, 1, 1]
    expect(seen).to.deep.equal([
      { index: 0, truth: [0, 0, 1, 255], prediction, calls: 1 },
      { index: 1, truth: [0, 1, 1, 0], prediction, calls: 2 },
      { index: 2, truth: [1, 1, 1, 1], prediction, calls: 3 },
    ])
  })

  it('stops at a limit, and reads nothing beyond it', async () => {
    const { model } = fakeModel([0, 0, 1, 1])
    const reads: number[] = []
    const watched = {
      ...dataset,
      read(index: number) {
        reads.push(index)
        return dataset.read(index)
      },
    }
    expect(await evaluate(model, watched, { limit: 1 })).to.include({ images: 1, mIoU: 1 })
    expect(reads).to.deep.equal([0])
    expect(await evaluate(model, dataset, { limit: 99 })).to.include({ images: 3 })
    for (const limit of [0, -1, 1.5]) {
      const error = await rejects(UserError, () => evaluate(model, dataset, { limit }))
      expect(error.message).to.equal(`limit: expected a whole number above 0, got ${limit}`)
    }
  })

  it('refuses a model of other classes before it runs', async () => {
    const { model, calls } = fakeModel([0, 0, 0, 0], ['background', 'cat'])
    const error = await rejects(UserError, () => evaluate(model, dataset))
    expect(error.message).to.include('the model has 2 classes')
    expect(calls).to.have.length(0)
  })

  it('names the image that cannot be scored', async () => {
    const { model } = fakeModel([0, 0, 0, 0])
    const odd = memoryDataset(CLASSES, [
      [0, 0, 0, 0],
      [0, 7, 0, 0],
    ])
    const error = await rejects(UserError, () => evaluate(model, odd))
    expect(error.message).to.equal('image 1: holds class 7, but the last of the 3 classes is 2')
    const broken = memoryDataset(CLASSES, [[0, 0, 0, 0], 'image 1 is broken'])
    expect((await rejects(UserError, () => evaluate(model, broken))).message).to.equal('image 1 is broken')
  })

  it('does not count as perfect if there is only background', async () => {
    const background = memoryDataset(CLASSES, [[0, 0, 0, 0]])
    const found = await evaluate(fakeModel([0, 0, 0, 0]).model, background)
    expect(found).to.deep.include({ mIoU: 1, leftOut: ['cat', 'dog'], onlyPredicted: [] })
    expect(meanIoURemark({ ...found, classes: 3 })).to.equal(' over 1 of 3 classes; no pixel of cat, dog')
  })

  it('counts a class that is only predicted as 0, and states this', async () => {
    const background = memoryDataset(CLASSES, [[0, 0, 0, 0]])
    const found = await evaluate(fakeModel([0, 0, 2, 0]).model, background)
    expect(found).to.deep.include({ mIoU: 3 / 8, leftOut: ['cat'], onlyPredicted: ['dog'] })
    expect(meanIoURemark({ ...found, classes: 3 })).to.equal(
      ' over 2 of 3 classes; no pixel of cat; predicted but in no labels, IoU 0: dog',
    )
    expect(meanIoURemark({ classes: 3, leftOut: [], onlyPredicted: [] })).to.equal('')
  })

  it('leaves out images that cannot be scored, with onError', async () => {
    const { model } = fakeModel([0, 0, 0, 0])
    const some = memoryDataset(CLASSES, ['image 0 is broken', [0, 0, 0, 0], [0, 7, 0, 0]])
    const errors: [number, string][] = []
    const progress: number[] = []
    const found = await evaluate(model, some, {
      onError: ({ message }, index) => errors.push([index, message]),
      onProgress: ({ done }) => progress.push(done),
    })
    expect(found.images).to.equal(1)
    expect(progress).to.deep.equal([1, 2, 3])
    expect(errors).to.deep.equal([
      [0, 'image 0 is broken'],
      [2, 'image 2: holds class 7, but the last of the 3 classes is 2'],
    ])
    await rejects(BadImageError, () => evaluate(model, some))
  })

  it('ends with the signal’s reason', async () => {
    const { model, calls } = fakeModel([0, 0, 0, 0])
    const controller = new AbortController()
    const error = await rejects(DOMException, () =>
      evaluate(model, dataset, { signal: controller.signal, onImage: () => controller.abort() }),
    )
    expect(error.name).to.equal('AbortError')
    expect(calls).to.have.length(1)
    expect(calls[0].options).to.deep.equal({ signal: controller.signal })
    await rejects(DOMException, () => evaluate(model, dataset, { signal: AbortSignal.abort() }))
    expect(calls).to.have.length(1)
  })

  it('refuses a dataset with invalid fields', async () => {
    const { model, calls } = fakeModel([0, 0, 0, 0])
    for (const [change, message] of [
      [{ size: 2.5 }, 'memory: size: expected a whole number above 0, got 2.5'],
      [{ ids: ['a'] }, 'memory: ids: expected a name for each of 3 images, got 1'],
      [{ classNames: ['cat'] }, 'memory: classNames: expected 2 to 255 names, got 1'],
      [{ classNames: ['cat', 'cat'] }, 'memory: classes 0 and 1 have the same name, "cat"'],
    ] as const)
      expect((await rejects(UserError, () => evaluate(model, { ...dataset, ...change }))).message).to.equal(
        message,
      )
    expect(calls).to.have.length(0)
  })
})
