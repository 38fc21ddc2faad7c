import { expect } from 'chai'
import { checkImages } from '../../src/data/check.ts'
import { UserError } from '../../src/errors.ts'
import { rejects } from '../support/rejects.ts'
import { memoryDataset, type TinyLabels } from './memory_dataset.ts'

const CLASSES = ['background', 'cat', 'dog']

describe('checkImages', () => {
  it('reports only the shares of a dataset without problems', async () => {
    const dataset = memoryDataset(CLASSES, [
      [0, 0, 1, 255],
      [0, 0, 0, 2],
    ])
    expect(await checkImages(dataset)).to.deep.equal({
      problems: [],
      warnings: [],
      shares: [5 / 7, 1 / 7, 1 / 7],
      pixels: [
        [2, 1, 0],
        [3, 0, 1],
      ],
    })
  })

  it('names each image with a problem, in order, and continues', async () => {
    const dataset = memoryDataset(CLASSES, [
      [0, 2, 0, 0],
      'image 1.png: no such file or folder',
      [3, 200, 0, 255],
      [255, 255, 255, 255],
      [2, 2, 2, 2],
      [3, 0, 0, 0],
    ])
    const { problems, pixels } = await checkImages(dataset)
    expect(problems).to.deep.equal([
      { kind: 'unreadable', index: 1, message: 'image 1.png: no such file or folder' },
      {
        kind: 'class out of range',
        index: 2,
        message: 'image 2: holds class 200, but the last of the 3 classes is 2',
      },
      { kind: 'all ignored', index: 3, message: 'image 3: no pixel is labelled' },
      {
        kind: 'class out of range',
        index: 5,
        message: 'image 5: holds class 3, but the last of the 3 classes is 2',
      },
    ])
    expect(pixels).to.deep.equal([
      [3, 0, 1],
      [0, 0, 0],
      [1, 0, 0],
      [0, 0, 0],
      [0, 0, 4],
      [3, 0, 0],
    ])
  })

  it('has shares even if nothing is labelled', async () => {
    const { shares } = await checkImages(memoryDataset(CLASSES, [[255, 255, 255, 255]]))
    expect(shares).to.deep.equal([0, 0, 0])
  })

  it('names the classes that occur in no good image', async () => {
    const names = ['background', 'cat', 'dog', 'mug']
    const warnings = async (...labels: TinyLabels[]) =>
      (await checkImages(memoryDataset(names, labels))).warnings
    expect(await warnings([0, 1, 2, 3])).to.deep.equal([])
    expect(await warnings([0, 0, 0, 0], [255, 1, 1, 1])).to.deep.equal(['memory: no pixel of dog, mug'])
    expect(await warnings([0, 1, 2, 2], [9, 3, 3, 3]), 'of an image that is left out').to.deep.equal([
      'memory: no pixel of mug',
    ])
  })

  it('refuses masks with only 0 and 255, and gives advice', async () => {
    const problemsOf = async (...labels: TinyLabels[]) => {
      const { problems, warnings } = await checkImages(memoryDataset(CLASSES.slice(0, 2), labels))
      return { kinds: problems.map(({ kind }) => kind), problems, warnings }
    }
    const found = await problemsOf([0, 255, 255, 0], [0, 0, 0, 0], [255, 255, 255, 255], 'image 3 is damaged')
    expect(found.kinds).to.deep.equal(['only 0 and 255', 'unreadable'])
    expect(found.warnings).to.deep.equal([])
    expect(found.problems[0]).to.deep.equal({
      kind: 'only 0 and 255',
      message:
        'memory: the masks hold only the values 0 and 255, and 255 means "not labelled": all that is labelled is background. ' +
        'Where 255 stands for cat, write its class id, 1, instead; docs/fine-tuning.md has a script for that',
    })
    expect((await problemsOf([0, 255, 255, 0], [0, 0, 0, 1])).kinds).to.deep.equal([])
    expect((await problemsOf([0, 0, 0, 0])).warnings).to.deep.equal(['memory: no pixel of cat'])
    expect((await problemsOf([255, 255, 255, 255])).kinds).to.deep.equal(['all ignored'])
  })

  it('refuses two classes with the same name', async () => {
    const { problems } = await checkImages(memoryDataset(['sky', 'road', 'Sky'], [[0, 1, 2, 2]]))
    expect(problems).to.deep.equal([
      { kind: 'duplicate class', message: 'memory: classes 0 and 2 have the same name, "sky"' },
    ])
  })

  it('decodes the photos, unless only the labels are requested', async () => {
    const dataset = memoryDataset(CLASSES, [[0, 1, 2, 2]])
    dataset.read = async () => {
      throw new UserError('image 0: damaged')
    }
    expect((await checkImages(dataset)).problems).to.deep.equal([
      { kind: 'unreadable', index: 0, message: 'image 0: damaged' },
    ])
    expect((await checkImages(dataset, { photos: false })).problems).to.deep.equal([])
  })

  it('reports invalid pixels of a custom dataset', async () => {
    const { read, ...dataset } = memoryDataset(CLASSES, [[0, 1, 2, 2]])
    const sound = await read(0)
    const { image } = sound
    const wrong: [object, string][] = [
      [{ mask: new Uint8Array(3) }, 'mask: expected 4 bytes (2×2 labels), got 3'],
      [{ mask: [0, 1, 2, 2] }, 'mask: expected 4 bytes (2×2 labels), got not a Uint8Array but Array'],
      [{ mask: undefined }, 'mask: expected 4 bytes (2×2 labels), got not a Uint8Array but undefined'],
      [{ width: 0 }, 'the photo is of 2×2 pixels, but its labels of 0×2'],
      [{ image: undefined }, 'image: expected width and height, got undefined and undefined'],
      [{ image: { ...image, width: 1.5 } }, 'image: expected width and height, got 1.5 and 2'],
      [
        { image: { ...image, data: new Uint8Array(12) } },
        'image.data: expected 16 bytes (2×2 pixels of RGBA), got 12',
      ],
      [{ image: { ...image, originalWidth: 3 } }, 'the photo is of 3×2 pixels, but its labels of 2×2'],
    ]
    for (const [change, message] of wrong) {
      const own = { ...dataset, read: async () => ({ ...sound, ...change }) }
      expect((await checkImages(own)).problems).to.deep.equal([
        { kind: 'unreadable', index: 0, message: `image 0: ${message}` },
      ])
    }
  })

  it('reports its progress', async () => {
    const seen: object[] = []
    const dataset = memoryDataset(CLASSES, new Array(9).fill([0, 0, 0, 0]))
    await checkImages(dataset, { onProgress: each => seen.push(each) })
    expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9].map(done => ({ done, total: 9 })))
  })

  it('ends with the signal’s reason, and stops reading', async () => {
    const dataset = memoryDataset(CLASSES, new Array(50).fill([0, 0, 0, 0]))
    const { read } = dataset
    let reads = 0
    dataset.read = index => {
      reads++
      return read(index)
    }
    const controller = new AbortController()
    const onProgress = ({ done }: { done: number }) => {
      if (done === 3) controller.abort(new Error('enough'))
    }
    const error = await rejects(Error, () => checkImages(dataset, { signal: controller.signal, onProgress }))
    expect(error.message).to.equal('enough')
    expect(reads).to.be.below(12)
    await rejects(DOMException, () => checkImages(dataset, { signal: AbortSignal.abort() }))
  })

  it('passes on errors that are not about the data', async () => {
    const dataset = memoryDataset(CLASSES, [[0, 0, 0, 0]])
    dataset.read = async () => {
      throw new TypeError('a bug')
    }
    await rejects(TypeError, () => checkImages(dataset))
  })
})
