// The library in a page: the mask of the shipped photo is Node's, whatever kind of object holds the photo.

import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { bytesOf, useBrowser } from './browser.ts'
import { maskInNode, SWIFTSHADER } from './mask_in_node.ts'

describe('DeepLab in a page', () => {
  const browser = useBrowser()

  it('gives the mask that Node gives on the same adapter, with its classes', async function () {
    if (!existsSync(SWIFTSHADER)) return this.skip()
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const model = await window.atrous.DeepLab.load('scenes')
      const { mask, width, height, classes, subject } = await model.segment('/docs/scene.png')
      await model.dispose()
      return {
        mask: await window.base64(mask as BufferSource),
        width,
        height,
        names: classes.map(({ name }) => name),
        subject: subject?.name,
      }
    })
    const expected = maskInNode()
    expect(found.width * found.height).to.equal(expected.length)
    expect(Buffer.compare(bytesOf(found.mask), expected)).to.equal(0)
    expect(found.names).to.include(found.subject)
    expect(found.names[0]).to.equal('background')
  })
})
