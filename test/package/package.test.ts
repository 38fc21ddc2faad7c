import { execFile, execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { drawCurves } from '../../src/cli/train/train_curves.ts'
import { packTarball, ROOT, unpackAsInstalled } from './support.ts'
import { unnamedTypes } from './unnamed_types.ts'

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')
const BUNDLER = { module: 'esnext', moduleResolution: 'bundler' }
/** What Node 22.12 itself prints at the first `require` of a module. */
const REQUIRE_IS_NEW =
  /^\(node:\d+\) ExperimentalWarning: CommonJS module \S+ is loading ES Module \S+ using require\(\)\.\n.*\n.*\n$/
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const { nodeProblem } = await import(pathToFileURL(join(ROOT, 'bin/node_version.mjs')).href)
const { withAbsoluteLinks } = await import(pathToFileURL(join(ROOT, 'scripts/readme_links.mjs')).href)

describe('the package', () => {
  let tarball: string
  let program: string
  before(() => {
    execFileSync('node', [join(ROOT, 'scripts/build.mjs'), '--if-stale'])
    tarball = packTarball()
    program = unpackAsInstalled(tarball)
    cpSync(join(ROOT, 'test/package/consumer'), program, { recursive: true })
  })
  after(() => rmSync(dirname(tarball), { recursive: true }))

  /** Writes a tsconfig.json for a program that uses the library, with only these libraries and all checks. */
  function tsconfig(files: string[], lib: string[], options: Record<string, unknown>): string {
    const file = join(program, 'tsconfig.json')
    const strict = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      declaration: true,
      types: [],
      outDir: 'out',
    }
    const compilerOptions = { target: 'es2022', lib, ...strict, ...options }
    writeFileSync(file, JSON.stringify({ compilerOptions, files }))
    return file
  }

  /** Runs Node in the program's folder, and returns its output. */
  async function node(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    return promisify(execFile)('node', args, { cwd: program })
  }

  it('exports every type that its declarations mention, for Node and for browsers', () => {
    const config = tsconfig(['library.mts'], ['ES2022'], { module: 'nodenext' })
    const entryOf = (platform: string) => join(program, `node_modules/atrous/dist/${platform}/index.d.ts`)
    expect(unnamedTypes(config, entryOf('node'))).to.deep.equal([])
    const page = tsconfig(['web.mts'], ['ES2022', 'DOM'], BUNDLER)
    expect(unnamedTypes(page, entryOf('web'))).to.deep.equal([])
  })

  // The DOM types of TypeScript 7 include WebGPU.
  for (const [title, files, lib, options] of [
    ['Node, without the DOM', ['library.mts', 'server.mts'], ['ES2022'], { module: 'nodenext' }],
    [
      ...['Node by a bundler, with the DOM', ['library.mts', 'webgpu.mts', 'layers.mts'], ['ES2022', 'DOM']],
      { ...BUNDLER, customConditions: ['node'] },
    ],
    ['a page by a bundler', ['web.mts', 'layers.mts'], ['ES2022', 'DOM'], BUNDLER],
  ] as [string, string[], string[], object][])
    it(`compiles in a program that emits declarations, for ${title}`, async () => {
      const { stdout } = await node(TSC, '-p', tsconfig(files, lib, { ...options })).catch(error => error)
      expect(stdout).to.equal('')
    })

  it('uses only declarations that TypeScript 5.4 supports', async () => {
    const config = tsconfig(['library.mts'], ['ES2022'], { module: 'nodenext' })
    const { stdout } = await node(TSC, '-p', config, '--listFilesOnly')
    const files = stdout.split('\n').filter(file => file.includes('node_modules/atrous/'))
    expect(files.length).to.be.above(10)
    for (const file of files) expect(readFileSync(file, 'utf8'), file).to.not.match(/Array<\w*ArrayBuffer/)
  })

  it('can be imported and required', async () => {
    const print = 'console.log(typeof DeepLab.load)'
    const imported = await node('--input-type=module', '-e', `import { DeepLab } from 'atrous'; ${print}`)
    const required = await node('-e', `const { DeepLab } = require('atrous'); ${print}`)
    if (process.version.startsWith('v22.12.')) required.stderr = required.stderr.replace(REQUIRE_IS_NEW, '')
    expect([imported, required]).to.deep.equal(Array(2).fill({ stdout: 'function\n', stderr: '' }))
  })

  it('loads modules for drawing, ONNX, serving or checks of kernels only when they are used', async () => {
    const hooks = ['--import', pathToFileURL(join(ROOT, 'test/package/print_packages.mjs')).href]
    const loadedBy = async (...args: string[]) => (await node(...hooks, ...args)).stderr.split('\n')
    const library = await loadedBy('--input-type=module', '-e', "import 'atrous'")
    expect(library).to.include.members(['atrous', 'webgpu'])
    for (const late of ['opentype.js', '@bufbuild/protobuf', 'fastify', 'prom-client'])
      expect(library).to.not.include(late)
    const command = await loadedBy('node_modules/atrous/bin/atrous.mjs', '--version')
    expect(new Set(command)).to.have.keys(['atrous', 'commander', ''])
  })

  it('says in one line what to install for a queue', async () => {
    const error = await node('node_modules/atrous/bin/atrous.mjs', 'worker', '--queue', 'a').catch(
      error => error,
    )
    expect(error).to.include({
      code: 1,
      stderr:
        'error: a package is missing that Atrous does not install by itself: npm install ioredis bullmq\n',
    })
  })

  describe('the layers as imports, in examples', () => {
    const printed: Record<string, RegExp> = {
      kernel: /^\[ 11, 0, 33, 0 \]$/m,
      network: /^second +conv2d.*[\s\S]*^1445 logits$/m,
      gradient: /^(loss \d\.\d{4}\n){5}gradient of second\.bias: (-?\d\.\d{4},?){5}$/m,
      custom_op: /^\[ 4, 16, 36, 64 \]$/m,
    }
    for (const [name, output] of Object.entries(printed))
      it(name, async () => {
        cpSync(join(ROOT, `examples/${name}.mjs`), join(program, `${name}.mjs`))
        expect((await node(`${name}.mjs`)).stdout).to.match(output)
      })

    it('deeplab, whose own network computes what the preset does', async () => {
      cpSync(join(ROOT, 'examples/deeplab.mjs'), join(program, 'deeplab.mjs'))
      const { stdout } = await node('deeplab.mjs')
      expect(stdout).to.match(
        /^·{11}s{10}·{11}\n[\s\S]*^IoU of the sphere: 9\d\.\d %\nstep 0: loss 0\.1\d{3}\nstep 1: loss 0\.1\d{3}\ngradient/m,
      )
      const source = readFileSync(join(ROOT, 'examples/deeplab.mjs'), 'utf8')
      const preset = source
        .replace(
          "import { IMAGENET } from 'atrous/model'",
          "import { IMAGENET, deepLab, loadNetwork, preset } from 'atrous/model'",
        )
        .replace('const gpu =', "await loadNetwork(preset('scenes').config)\nconst gpu =")
        .replace(
          'const { lowLevel,',
          "return deepLab(graph, image, preset('scenes').config)\n  const { lowLevel,",
        )
      expect(preset).to.include('return deepLab(')
      writeFileSync(join(program, 'preset.mjs'), preset)
      expect((await node('preset.mjs')).stdout).to.equal(stdout)
    })
  })

  it('draws charts without ECharts', async () => {
    const curves = {
      ...{
        title: 'run',
        subtitle: 'mobilenet_v2',
        validations: [{ step: 2, mIoU: 0.5, pixelAccuracy: 0.9 }],
      },
      steps: [1, 2, 3].map(step => ({ step, loss: 1 / step, learningRate: 0.1, imagesPerSecond: 1 })),
    }
    const script = `import { drawCurves } from './node_modules/atrous/dist/cli/train/train_curves.js'
      process.stdout.write(drawCurves(${JSON.stringify(curves)}))`
    const { stdout } = await node('--input-type=module', '-e', script)
    expect(withoutIds(stdout)).to.equal(withoutIds(drawCurves(curves)))
    const { dependencies } = JSON.parse(
      readFileSync(join(program, 'node_modules/atrous/package.json'), 'utf8'),
    )
    expect(dependencies).to.not.have.property('echarts')
  })

  it('has the known answers of `atrous doctor`', async () => {
    const script = `import { loadKnownAnswers } from './node_modules/atrous/dist/cli/doctor/known_answers.js'
      process.stdout.write(String((await loadKnownAnswers()).length))`
    const { stdout } = await node('--input-type=module', '-e', script)
    expect(Number(stdout)).to.be.above(100)
  })

  it('holds no tests, no ray tracer, and every file that the README links to', () => {
    const files = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).split('\n')
    expect(files.filter(file => /test|peers|bench\/.*\.ts$|\.ts\.map$/.test(file))).to.deep.equal([])
    expect(files.filter(file => /^package\/dist\/.*scenes/.test(file))).to.deep.equal([])
    const readme = withAbsoluteLinks(readFileSync(join(ROOT, 'README.md'), 'utf8'), {
      name: 'atrous',
      version,
    })
    const links = [...readme.matchAll(/\]\(([^)#]+)/g)].map(([, link]) => link)
    const own = `https://unpkg.com/atrous@${version}/`
    expect(links.filter(link => link.startsWith(own))).to.have.length.above(3)
    for (const link of links)
      if (link.startsWith(own)) expect(files).to.include(`package/${link.slice(own.length)}`)
      else expect(link).to.match(/^https:/)
  })

  it('refuses an old Node in one line', () => {
    for (const old of ['14.21.3', '18.20.8', '20.9.0', '20.18.3', '21.7.3', '22.0.0', '22.11.0'])
      expect(nodeProblem(old)).to.equal(
        `Node ${old} is too old: Atrous needs Node 20.19.0+ or 22.12.0+ (https://nodejs.org)`,
      )
    for (const fine of ['20.19.0', '20.20.2', '22.12.0', '22.22.1', '23.0.0', '24.0.0-nightly', '26.1.0'])
      expect(nodeProblem(fine), fine).to.equal(undefined)
  })
})

/** ECharts numbers its clip paths by the number of charts that a process has drawn. */
const withoutIds = (svg: string) => svg.replace(/zr\d+(-cls-\d+)?/g, 'zr')
