import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { decode } from 'fast-png'
import { probabilityFiles } from '../../src/cli/segment_probabilities.ts'
import { writeFileAtomic } from '../../src/node/atomic.ts'
import { readNpy } from '../node/npy.ts'
import { useTemporaryFolder } from '../node/support.ts'

describe('files of probabilities', () => {
  const path = useTemporaryFolder()
  const classNames = ['background', 'traffic light/../x', '']
  const data = Float32Array.from({ length: 4 * 5 * 3 }, (_, i) => (i % 7) / 6)
  const scores = { data, width: 5, height: 4, classes: 3, classNames }

  it('npy: one file of float32 [height, width, classes], whose numbers begin at a multiple of 64 bytes', async () => {
    const [file, ...more] = probabilityFiles(scores, 'npy')
    expect([file.ending, more]).to.deep.equal(['probabilities.npy', []])
    await writeFileAtomic(path('a.npy'), file.content())
    const bytes = await readFile(path('a.npy'))
    expect((bytes.length - data.byteLength) % 64).to.equal(0)
    const found = readNpy(bytes)
    expect(found.shape).to.deep.equal([4, 5, 3])
    expect([...found.data]).to.deep.equal([...data])
  })

  it('png: a grey one for each class, named so that any file system takes it', async () => {
    const files = probabilityFiles(scores, 'png')
    expect(files.map(({ ending }) => ending)).to.deep.equal([
      'probabilities.0-background.png',
      'probabilities.1-traffic_light_x.png',
      'probabilities.2-.png',
    ])
    for (const [id, { content }] of files.entries()) {
      const png = decode(content() as Uint8Array)
      expect(png).to.include({ width: 5, height: 4, channels: 1, depth: 8 })
      const expected = Array.from({ length: 20 }, (_, pixel) => Math.round(255 * data[pixel * 3 + id]))
      expect([...png.data]).to.deep.equal(expected)
    }
  })
})
