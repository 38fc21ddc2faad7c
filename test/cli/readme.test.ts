import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { sharedFile, useTemporaryFolder } from '../node/support.ts'

const root = new URL('../../', import.meta.url)

describe('README', () => {
  const path = useTemporaryFolder()

  it('has a library example that runs and ends without dispose()', async function () {
    const model = sharedFile(this, 'checkpoints/deeplabv3_mobilenet_v2_1.0_513')
    const readme = await readFile(new URL('README.md', root), 'utf8')
    const [, example] = /```ts\n(import [\s\S]*?)```/.exec(readme)!
    const offline = example
      .replace("'atrous'", JSON.stringify(new URL('src/node/index.ts', root).href))
      .replace("'deeplabv3_mobilenet_v2'", JSON.stringify(model))
      .replace("'photo.jpg'", JSON.stringify(fileURLToPath(new URL('docs/scene.png', root))))
      .replace("'out/photo'", JSON.stringify(path('photo')))
    const withoutDispose = offline.replace(/^await model.dispose.*$/m, '')
    expect(withoutDispose).to.not.equal(offline)
    await writeFile(path('example.mts'), withoutDispose)
    const options = { cwd: fileURLToPath(root), timeout: 600_000 }
    const { stdout } = await promisify(execFile)('node', ['--import', 'tsx', path('example.mts')], options)
    expect(stdout).to.match(/^background \d+\.\d %\nboat \d+\.\d %\n\d+ of 640 × 480 pixels are boat\n$/)
    expect(existsSync(path('photo.overlay.png'))).to.equal(true)
  })

  it('names only existing files', async () => {
    const readme = await readFile(new URL('README.md', root), 'utf8')
    const named = [...readme.matchAll(/(?:docs|src|shaders)\/[\w/.-]+\w/g)].map(([file]) => file)
    expect(named).to.include('docs/scene.png')
    for (const file of named) expect(existsSync(new URL(file, root)), file).to.equal(true)
  })
})
