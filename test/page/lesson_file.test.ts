// Lessons as files of the page.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect } from 'chai'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { UserError } from '../../src/errors.ts'
import { openDataset } from '../../src/node/datasets/open.ts'
import { readLesson, type SavedLesson, writeLesson } from '../../web/src/lesson_file.ts'
import { Strokes } from '../../web/src/strokes.ts'
import { useTemporaryFolder } from '../node/support.ts'

const PHOTO = readFileSync('docs/scene.png')
const SIZE = { width: 640, height: 480 }

function lesson(): SavedLesson {
  const first = new Strokes(SIZE)
  first.paintRuns([0, 640, 7000, 7009], 1)
  const second = new Strokes(SIZE)
  second.copy({ mask: Uint8Array.of(0, 2), width: 2, height: 1 }, { only: 2 })
  return {
    classes: [
      { name: 'background', colour: '#95aa6a' },
      { name: 'mug', colour: '#112233' },
      { name: 'a cup: "blue"', colour: '#ffffff' },
    ],
    settings: { part: 'head', brush: 12, tolerance: 30, holdsBack: true },
    photos: [
      { name: 'a photo.PNG', type: 'image/png', bytes: PHOTO, strokes: first },
      { name: '../../evil', type: 'image/png', bytes: PHOTO, strokes: second },
    ],
    model: new Map<string, string | Uint8Array>([
      ['model.safetensors', Uint8Array.from({ length: 5000 }, (_, i) => i * 37)],
      ['config.json', '{}'],
    ]),
  }
}

const messageOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    expect(error).to.be.instanceOf(UserError)
    return (error as UserError).message
  }
  throw new Error('nothing was thrown')
}

describe('the file of a lesson', () => {
  const folder = useTemporaryFolder()

  it('gives back photos, strokes, classes, settings and the model, byte for byte', () => {
    const saved = lesson()
    const read = readLesson(writeLesson(saved), 'mine.zip')
    expect([read.classes, read.settings]).to.deep.equal([saved.classes, saved.settings])
    expect(read.photos.map(({ name }) => name)).to.deep.equal(['a photo.PNG', '../../evil'])
    for (const [i, { bytes, strokes }] of read.photos.entries()) {
      const expected = saved.photos[i].strokes
      expect(Buffer.from(bytes).equals(PHOTO)).to.equal(true)
      expect(Buffer.from(strokes.labels).equals(expected.labels)).to.equal(true)
      expect([strokes.painted, strokes.hasCopy]).to.deep.equal([expected.painted, i === 1])
    }
    expect([...read.model.keys()]).to.deep.equal(['model.safetensors', 'config.json'])
    expect(read.model.get('model.safetensors')).to.deep.equal(saved.model.get('model.safetensors'))
  })

  it('unpacks to a dataset that training takes', async () => {
    const files = unzipSync(writeLesson(lesson()))
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(folder(path)), { recursive: true })
      writeFileSync(folder(path), content)
    }
    const dataset = await openDataset(`folder:${folder('')}`, { split: 'all' })
    expect(dataset.classNames).to.deep.equal(['background', 'mug', 'a cup: "blue"'])
    const { mask } = await dataset.read(0)
    expect(mask.filter(label => label !== IGNORE_INDEX).length).to.equal(649)
  })

  it('names what is wrong in one line', () => {
    const bytes = writeLesson(lesson())
    expect(messageOf(() => readLesson(bytes.slice(0, 900), 'mine.zip'))).to.equal(
      'mine.zip: not a zip, or a damaged one',
    )
    expect(messageOf(() => readLesson(zipSync({ 'a.txt': strToU8('a') }), 'mine.zip'))).to.equal(
      'mine.zip: a zip, but not of a lesson that this page saved',
    )
    const files = unzipSync(bytes)
    const changed = (path: string, content: Uint8Array) =>
      zipSync({ ...files, [path]: content }, { level: 0 })
    const { 'masks/2.png': _, ...rest } = files
    expect(messageOf(() => readLesson(zipSync(rest, { level: 0 }), 'mine.zip'))).to.equal(
      'mine.zip: masks/2.png is missing in it',
    )
    expect(messageOf(() => readLesson(changed('masks/1.png', PHOTO), 'mine.zip'))).to.equal(
      'mine.zip: masks/1.png: expected a byte for each pixel',
    )
    expect(messageOf(() => readLesson(changed('masks/1.png', strToU8('no')), 'mine.zip'))).to.equal(
      'mine.zip: masks/1.png: not a PNG, or a damaged one',
    )
    const few = strToU8(
      Buffer.from(files['lesson.json'])
        .toString()
        .replace(/,\s*\{\s*"name": "a cup[^}]*\}/, ''),
    )
    expect(messageOf(() => readLesson(changed('lesson.json', few), 'mine.zip'))).to.equal(
      'mine.zip: masks/2.png: class 2, but the lesson has 2',
    )
  })
})
