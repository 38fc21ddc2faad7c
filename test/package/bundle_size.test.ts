// What a page downloads of the package, minified and compressed: programs that import the packed package, bundled by esbuild.

import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { packTarball, ROOT, unpackAsInstalled } from './support.ts'

const INFERENCE = `export { DeepLab } from 'atrous'`
const TRAINING = `export { DeepLab, evaluate, Trainer } from 'atrous'`

/** Modules that the first photo loads, with the model `scenes`. */
const LOADED_BY_A_PHOTO = ['model/backbones/resnet_graph', 'graph/ops/max_pool_lowering']
/** Modules that the first step of its training loads besides, with the default recipe. */
const LOADED_BY_A_STEP = [
  'graph/ops/batch_norm_lowering',
  'graph/ops/batch_norm_training_lowering',
  'graph/ops/conv2d_backward_input_lowering',
  'graph/ops/depthwise_conv2d_backward_lowering',
  'graph/ops/max_pool_backward_lowering',
  'library/training_loop',
]
/** What opening an adapter loads for it: for subgroups of one size, and for GPUs of AMD and Intel. */
const LOADED_BY_AN_ADAPTER = ['subgroup_kernels', 'row_kernels'].map(name => `graph/convolution/${name}`)

/** Leaves out what is loaded when it is used. */
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

/** Files of a program that is cut into chunks, as a page loads them. */
interface Load extends Bundle {
  files: number
  /** What is in them. */
  modules: string[]
  /** Compressed one by one, in kilobytes. */
  apart: number
}

const kilobytesOf = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length / 1000

describe('bundles of the package', () => {
  let tarball: string
  let program: string
  before(() => {
    execFileSync('node', [join(ROOT, 'scripts/build.mjs'), '--if-stale'])
    tarball = packTarball()
    program = unpackAsInstalled(tarball)
  })
  after(() => rmSync(dirname(tarball), { recursive: true }))

  const buildOf = (contents: string, options: BuildOptions) =>
    build({
      stdin: { contents, resolveDir: program },
      ...{ bundle: true, minify: true, format: 'esm', platform: 'browser', legalComments: 'none' },
      ...{ write: false, metafile: true, logLevel: 'error', preserveSymlinks: true },
      nodePaths: [join(ROOT, 'node_modules')], // what packages import that the program has
      ...options,
    } as BuildOptions & { write: false; metafile: true })

  /** In one file. */
  async function bundled(contents: string, plugins: Plugin[] = [lazily]): Promise<Bundle> {
    const { outputFiles, metafile } = await buildOf(contents, { plugins })
    const [{ contents: bytes, text }] = outputFiles
    return { text, kilobytes: kilobytesOf(bytes), metafile }
  }

  /** What a page loads of a program in chunks: all that its imports reach, and these modules, which are loaded later. */
  async function loaded(contents: string, later: string[] = []): Promise<Load> {
    const { outputFiles, metafile } = await buildOf(contents, { splitting: true, outdir: '/out' })
    const entries = new Map(
      Object.entries(metafile.outputs).map(([path, { entryPoint }]) => [entryPoint, path]),
    )
    const entryOf = (module: string) => {
      const found = [...entries.keys()].find(entry => entry?.endsWith(`dist/${module}.js`))
      if (!found) throw new Error(`no import loads ${module}`)
      return entries.get(found)!
    }
    const reached = new Set<string>()
    const reach = (path: string): void => {
      if (reached.has(path)) return
      reached.add(path)
      for (const { kind, path: imported } of metafile.outputs[path].imports)
        if (kind === 'import-statement') reach(imported)
    }
    for (const path of [entries.get('<stdin>')!, ...later.map(entryOf)]) reach(path)
    const names = new Set([...reached].map(path => basename(path)))
    const files = outputFiles.filter(({ path }) => names.has(basename(path))).map(file => file.contents)
    const all = Buffer.concat(files)
    const apart = files.reduce((sum, file) => sum + kilobytesOf(file), 0)
    const modules = [...reached].flatMap(path => Object.keys(metafile.outputs[path].inputs))
    const size = { kilobytes: kilobytesOf(all), files: files.length, apart }
    return { ...size, text: all.toString(), modules, metafile }
  }

  const packagesOf = ({ metafile }: Bundle) => {
    const files = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
    return new Set(files.flatMap(file => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []))
  }

  function report(it: Mocha.Context, { kilobytes }: Bundle): void {
    it.test!.title += ` (${kilobytes.toFixed(1)} kB)`
  }

  const reportLoad = (it: Mocha.Context, { kilobytes, files, apart }: Load): void => {
    it.test!.title += ` (${kilobytes.toFixed(1)} kB; ${files} files of ${apart.toFixed(1)} kB one by one)`
  }

  it('for inference load at most 80 kB with the page, all files compressed together', async function () {
    const page = await loaded(INFERENCE)
    reportLoad(this, page)
    expect(page.kilobytes).to.be.within(40, 80)
  })

  it('for inference load at most 88 kB for a mask of `scenes`, on any adapter', async function () {
    const loads = LOADED_BY_AN_ADAPTER.map(kernels => loaded(INFERENCE, [...LOADED_BY_A_PHOTO, kernels]))
    for (const load of await Promise.all(loads)) {
      reportLoad(this, load)
      expect(load.kilobytes).to.be.within(40, 88)
    }
  })

  it('with training load at most 87 kB with the page', async function () {
    const page = await loaded(TRAINING)
    reportLoad(this, page)
    expect(page.kilobytes).to.be.within(40, 87)
  })

  it('with training load at most 126 kB for a step of `scenes` with the default recipe, besides the kernels of an adapter', async function () {
    const step = await loaded(TRAINING, [...LOADED_BY_A_PHOTO, ...LOADED_BY_A_STEP])
    reportLoad(this, step)
    expect(step.kilobytes).to.be.within(60, 126)
  })

  it('load no shader of training before the first step, no CRF, no reader of PyTorch’s files and no protocol buffers', async () => {
    const inference = await loaded(INFERENCE)
    const training = await loaded(TRAINING)
    const step = await loaded(TRAINING, [...LOADED_BY_A_PHOTO, ...LOADED_BY_A_STEP])
    const names = Object.keys(shadersByName)
    const shadersOf = ({ modules }: Load) =>
      names.filter(name => modules.some(module => module.endsWith(`dist/gpu/shaders/${name}.js`)))
    const ofTraining = /(backward|gradient|cross_entropy|statistics|sgd|batch_norm_merge)/
    for (const page of [inference, training]) {
      expect(shadersOf(page)).to.include.members(['conv2d_tiled', 'preprocess', 'upsample_argmax'])
      expect(shadersOf(page).filter(name => ofTraining.test(name))).to.deep.equal([])
      expect(page.text).to.not.include('numpy._core')
    }
    expect(shadersOf(step).filter(name => /crf|lattice|bilateral|radix/.test(name))).to.deep.equal([])
    expect(shadersOf(step)).to.include.members(['sgd', 'softmax_cross_entropy', 'conv2d_backward_weight'])
    expect([...packagesOf(await bundled(INFERENCE))]).to.have.members(['atrous', 'valibot'])
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
