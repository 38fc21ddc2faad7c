import { expect } from 'chai'
import { checkDataset } from '../../src/data/check.ts'
import { rejects } from '../support/rejects.ts'
import { memoryDataset } from './memory_dataset.ts'

const CLASSES = ['background', 'cat', 'dog']

describe('checkDataset', () => {
  it('has nothing to say of a sound dataset but its shares', async () => {
    const dataset = memoryDataset(CLASSES, [
      [0, 0, 1, 255],
      [0, 0, 0, 0],
    ])
    expect(await checkDataset(dataset)).to.deep.equal({
      problems: [],
      shares: [6 / 7, 1 / 7, 0],
      pixels: [
        [2, 1, 0],
        [4, 0, 0],
      ],
    })
  })

  it('names each image with a problem, in order, and goes on', async () => {
    const dataset = memoryDataset(CLASSES, [
      [0, 2, 0, 0],
      'image 1.png: no such file or folder',
      [3, 200, 0, 255],
      [255, 255, 255, 255],
      [2, 2, 2, 2],
      [3, 0, 0, 0],
    ])
    const { problems, pixels } = await checkDataset(dataset)
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

  it('has shares even where nothing is labelled', async () => {
    const { shares } = await checkDataset(memoryDataset(CLASSES, [[255, 255, 255, 255]]))
    expect(shares).to.deep.equal([0, 0, 0])
  })

  it('tells how far it is', async () => {
    const seen: number[] = []
    const dataset = memoryDataset(CLASSES, new Array(9).fill([0, 0, 0, 0]))
    await checkDataset(dataset, { onProgress: done => seen.push(done) })
    expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('passes on what is no problem of the data', async () => {
    const dataset = memoryDataset(CLASSES, [[0, 0, 0, 0]])
    dataset.readLabels = async () => {
      throw new TypeError('a bug')
    }
    await rejects(TypeError, () => checkDataset(dataset))
  })
})
