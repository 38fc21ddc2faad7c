// The library in a page: the mask of the shipped photo is Node's, whatever kind of object holds the photo.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { bytesOf, useBrowser } from './browser.ts'

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** The mask of docs/scene.png in Node, on the adapter that the browser has. */
function maskInNode(): Uint8Array {
  const program = fileURLToPath(new URL('node_mask.ts', import.meta.url))
  const env = { ...process.env, VK_ICD_FILENAMES: SWIFTSHADER }
  return execFileSync(process.execPath, ['--import', 'tsx', program], { env, maxBuffer: 2 ** 26 })
}

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
