import { readFile, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { decode } from 'fast-png'
import sharp from 'sharp'
import { isMarked, markPng } from '../../src/node/images/result_mark.ts'
import { rejection, useTemporaryFolder } from './support.ts'

describe('the mark of results', () => {
  const path = useTemporaryFolder()
  const photo = { create: { width: 40, height: 30, channels: 3, background: 'red' } } as const

  it('is in a PNG that any decoder reads, with the same pixels', async () => {
    const png = await sharp(photo).png().toBuffer()
    const marked = markPng(png)
    const { data, text } = decode(marked, { checkCrc: true })
    expect(data).to.deep.equal(decode(png).data)
    expect(text.Software).to.match(/^atrous sha256 [0-9a-f]{64}$/)
    expect(await sharp(marked).raw().toBuffer()).to.deep.equal(await sharp(png).raw().toBuffer())
  })

  it('is recognised in a file of any size, until a byte changes', async () => {
    for (const size of [1, 700]) {
      const noise = sharp({
        create: {
          width: size,
          height: size,
          channels: 3,
          background: 'red',
          noise: { type: 'gaussian', mean: 128, sigma: 30 },
        },
      })
      const marked = markPng(await noise.png().toBuffer())
      await writeFile(path('result.png'), marked)
      expect(await isMarked(path('result.png')), `${size}`).to.equal(true)
      marked[50] ^= 1
      await writeFile(path('result.png'), marked)
      expect(await isMarked(path('result.png')), `${size}, changed`).to.equal(false)
    }
  })

  it('is not in a file that an editor saved, with or without its text', async () => {
    const png = await sharp(photo).png().toBuffer()
    const { Software } = decode(markPng(png)).text
    const edited = Buffer.concat([await sharp(photo).negate().png().toBuffer(), Buffer.from(Software)])
    for (const content of [png, edited, Buffer.alloc(0), Buffer.from('atrous sha256 ')]) {
      await writeFile(path('other.png'), content)
      expect(await isMarked(path('other.png'))).to.equal(false)
    }
    expect(await readFile(path('other.png'), 'utf8')).to.equal('atrous sha256 ')
  })

  it('is searched only in files', async () => {
    expect((await rejection(isMarked(path('none.png')))).message).to.equal(
      `${path('none.png')}: no such file or folder`,
    )
    expect((await rejection(isMarked(path('.')))).message).to.include('is a folder, not a file')
  })
})
