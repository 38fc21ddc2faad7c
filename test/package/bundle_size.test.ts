// What a page downloads of the package, minified and compressed: programs that import the packed package, bundled by esbuild.

import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { build, type Metafile, type Plugin } from 'esbuild'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { packTarball, ROOT, unpackAsInstalled } from './support.ts'

const INFERENCE = `export { DeepLab } from 'atrous'`
const TRAINING = `export { DeepLab, evaluate, Trainer } from 'atrous'`

/** What is loaded only when it is used: exports to ONNX and PNG, overlays, PyTorch's files, tuning, the CRF. */
const lazily: Plugin = {
  name: 'lazily',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    ),
}

interface Bundle {
  text: string
  /** Compressed, in kilobytes of 1000 bytes. */
  kilobytes: number
  metafile: Metafile
}

describe('bundles of the package', () => {
  let tarball: string
  let program: string
  before(() => {
    execFileSync('node', [join(ROOT, 'scripts/build.mjs'), '--if-stale'])
    tarball = packTarball()
    program = unpackAsInstalled(tarball)
  })
  after(() => rmSync(dirname(tarball), { recursive: true }))

  async function bundled(contents: string, plugins: Plugin[] = [lazily]): Promise<Bundle> {
    const { outputFiles, metafile } = await build({
      stdin: { contents, resolveDir: program },
      ...{ bundle: true, minify: true, format: 'esm', platform: 'browser', legalComments: 'none' },
      ...{ write: false, metafile: true, logLevel: 'error', plugins, preserveSymlinks: true },
    })
    const [{ contents: bytes, text }] = outputFiles
    return { text, kilobytes: gzipSync(bytes, { level: 9 }).length / 1000, metafile }
  }

  const packagesOf = ({ metafile }: Bundle) => {
    const files = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
    return new Set(files.flatMap(file => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []))
  }

  function report(it: Mocha.Context, { kilobytes }: Bundle): void {
    it.test!.title += ` (${kilobytes.toFixed(1)} kB)`
  }

  it('for inference take at most 80 kB', async function () {
    const bundle = await bundled(INFERENCE)
    report(this, bundle)
    expect(bundle.kilobytes).to.be.within(40, 80)
  })

  it('with training take at most 113 kB', async function () {
    const bundle = await bundled(TRAINING)
    report(this, bundle)
    expect(bundle.kilobytes).to.be.within(60, 113)
  })

  it('for inference have no shader of training, no CRF, no reader of PyTorch’s files and no protocol buffers', async () => {
    const inference = await bundled(INFERENCE)
    const training = await bundled(TRAINING)
    const names = Object.keys(shadersByName)
    const shadersOf = ({ text }: Bundle) =>
      names.filter(name => new RegExp(`\\w\\(["'\`]${name}["'\`],`).test(text))
    // conv2d_backward_input and its variant for hardware GPUs compute FCN’s transposed convolutions, too.
    const ofTraining =
      /^(?!conv2d_backward_input(_tiled)?$).*(backward|gradient|cross_entropy|statistics|sgd|batch_norm_merge)/
    expect(shadersOf(inference)).to.include.members(['conv2d_tiled', 'preprocess', 'upsample_argmax'])
    expect(shadersOf(inference).filter(name => ofTraining.test(name))).to.deep.equal([])
    expect(shadersOf(training).filter(name => /crf|lattice|bilateral|radix/.test(name))).to.deep.equal([])
    expect(shadersOf(training)).to.include.members(['sgd', 'softmax_cross_entropy', 'conv2d_backward_weight'])
    expect([...packagesOf(inference)]).to.have.members(['atrous', 'valibot'])
    expect(inference.text).to.not.include('numpy._core')
  })

  it('have WGSL without comments and indentation', async () => {
    const { text } = await bundled(TRAINING)
    expect(text).to.include('@workgroup_size')
    expect(text.match(/\n {2,}(let|var|const|return) .*$/m)).to.equal(null)
    expect(text.match(/\n ?\/\/ .*$/m)).to.equal(null)
  })

  it('of one kernel or one reader have little else', async function () {
    const kernel = await bundled(
      `export { runKernel } from 'atrous/gpu'; export { add } from 'atrous/kernels'`,
    )
    const reader = await bundled(`export { readSafetensors } from 'atrous/weights'`)
    report(this, kernel)
    report(this, reader)
    expect(kernel.kilobytes).to.be.within(3, 12)
    expect(reader.kilobytes).to.be.within(1, 4)
  })

  it('that import a layer for its effects are empty', async () => {
    for (const layer of ['gpu', 'kernels', 'graph', 'model', 'weights', 'train'])
      expect((await bundled(`import 'atrous/${layer}'`)).text.trim(), layer).to.equal('')
  })

  it('need nothing that a browser cannot resolve, in the one file for pages without a build step', async () => {
    const { metafile, text } = await bundled(`export * from 'atrous/bundle'`, [])
    expect([...packagesOf({ metafile } as Bundle)]).to.deep.equal(['atrous'])
    expect(text).to.include('scenes/model.safetensors')
  })
})
