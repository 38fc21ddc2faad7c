// Lessons as files of the page.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { inflate as inflateZlib } from 'node:zlib'
import { expect } from 'chai'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { UserError } from '../../src/errors.ts'
import { openDataset } from '../../src/node/datasets/open.ts'
import { readLesson, type SavedLesson, writeLesson } from '../../web/src/teach/lesson_file.ts'
import { Strokes } from '../../web/src/teach/strokes.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { rejects } from '../support/rejects.ts'

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

const inflate = (data: Uint8Array, maxOutputLength: number): Promise<Uint8Array> =>
  promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateZlib)(data, { maxOutputLength })

const read = (bytes: Uint8Array) => readLesson(bytes, { source: 'mine.zip', inflate })

const messageOf = async (bytes: Uint8Array) => (await rejects(UserError, () => read(bytes))).message

describe('the file of a lesson', () => {
  const folder = useTemporaryFolder()

  it('gives back photos, strokes, classes, settings and the model, byte for byte', async () => {
    const saved = lesson()
    const again = await read(writeLesson(saved))
    expect([again.classes, again.settings]).to.deep.equal([saved.classes, saved.settings])
    expect(again.photos.map(({ name }) => name)).to.deep.equal(['a photo.PNG', '../../evil'])
    for (const [i, { bytes, strokes }] of again.photos.entries()) {
      const expected = saved.photos[i].strokes
      expect(Buffer.from(bytes).equals(PHOTO)).to.equal(true)
      expect(Buffer.from(strokes.labels).equals(expected.labels)).to.equal(true)
      expect([strokes.painted, strokes.hasCopy]).to.deep.equal([expected.painted, i === 1])
    }
    expect([...again.model.keys()]).to.deep.equal(['model.safetensors', 'config.json'])
    expect(again.model.get('model.safetensors')).to.deep.equal(saved.model.get('model.safetensors'))
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

  it('names what is wrong in one line', async () => {
    const bytes = writeLesson(lesson())
    expect(await messageOf(bytes.slice(0, 900))).to.equal('mine.zip: not a zip, or a damaged one')
    expect(await messageOf(zipSync({ 'a.txt': strToU8('a') }))).to.equal(
      'mine.zip: a zip, but not of a lesson that this page saved',
    )
    const files = unzipSync(bytes)
    const changed = (path: string, content: Uint8Array) =>
      zipSync({ ...files, [path]: content }, { level: 0 })
    const { 'masks/2.png': _, ...rest } = files
    expect(await messageOf(zipSync(rest, { level: 0 }))).to.equal('mine.zip: masks/2.png is missing in it')
    expect(await messageOf(changed('masks/1.png', PHOTO))).to.match(
      /^mine\.zip: masks\/1\.png: a mask is a palette or greyscale PNG/,
    )
    expect(await messageOf(changed('masks/1.png', strToU8('no')))).to.match(
      /^mine\.zip: masks\/1\.png: .*not a PNG/,
    )
    const few = strToU8(
      Buffer.from(files['lesson.json'])
        .toString()
        .replace(/,\s*\{\s*"name": "a cup[^}]*\}/, ''),
    )
    expect(await messageOf(changed('lesson.json', few))).to.equal(
      'mine.zip: masks/2.png: class 2, but the lesson has 2',
    )
  })
})
