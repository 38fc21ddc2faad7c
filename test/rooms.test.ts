// The rooms of src and the direction of imports between them.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { type Source, sources } from './support/sources.ts'

type Platform = 'Node' | 'a browser'

interface Room {
  /** A folder of src, or '.' for the modules directly in src. A module belongs to the longest folder that fits. */
  folder: string
  /** What is in it. */
  about: string
  /** The one platform that can run it. */
  needs?: Platform
}

/** The one list of rooms, lowest first. A room imports from the rows above its own; rooms of one row form no circle. */
const ROOMS: Room[][] = [
  [
    {
      folder: '.',
      about:
        'What every room uses: errors, the checks of JSON and of options, and how work waits for other work.',
    },
  ],
  [{ folder: 'gpu', about: 'Device, buffers, pipelines and kernel launches; nothing about networks.' }],
  [{ folder: 'kernels', about: 'Kernels by subject: shapes in, a plain kernel value out.' }],
  [{ folder: 'graph/ir', about: 'Tensors, and the graphs of ops that a model builds.' }],
  [
    {
      folder: 'graph/lower',
      about: 'Steps, the kernels of a plan with their operands, and how weights are laid out for them.',
    },
  ],
  [{ folder: 'graph/convolution', about: 'The strategies of a convolution, and the choice between them.' }],
  [
    {
      folder: 'graph/ops',
      about:
        'One op a file: its type, shape rule and gradient, and its lowering or beside it a file that is loaded with it.',
    },
  ],
  [{ folder: 'graph/passes', about: 'What optimises a graph before it is planned.' }],
  [{ folder: 'graph/autodiff', about: 'From a graph to the graph of its training.' }],
  [{ folder: 'graph/plan', about: 'From a graph to steps in order, with their memory.' }],
  [{ folder: 'graph/runtime', about: 'Plans and weights on a GPU.' }],
  [
    {
      folder: 'graph/tune',
      about: 'Measures which kernels and tiles are fastest on a GPU, for convolutions and their gradients.',
    },
  ],
  [{ folder: 'graph', about: 'What a program imports of the rooms above.' }],
  [{ folder: 'model', about: 'Backbones, heads and presets: a config in, a graph out.' }],
  [{ folder: 'cutout', about: 'Cut-outs of a photo by the probability of a class.' }],
  [{ folder: 'crf', about: 'A fully connected CRF behind a network.' }],
  [{ folder: 'inference', about: 'From photos in memory to masks in memory.' }],
  [
    { folder: 'train', about: 'The training run, its recipe, augmentation, evaluation and checkpoints.' },
    { folder: 'teach', about: 'Fine-tuning on strokes: a few photos, and features that are computed once.' },
    { folder: 'data', about: 'Datasets, labels, class lists and palettes.' },
    { folder: 'weights', about: 'Readers and writers of checkpoint files.' },
    { folder: 'onnx', about: 'The network as an ONNX file.' },
    {
      folder: 'bench',
      about: 'Timing of kernels and networks, the ceilings of an adapter, and known answers of every kernel.',
    },
  ],
  [
    {
      folder: 'library',
      about: 'What Node and browsers share of the library: a model, its options and results.',
    },
  ],
  [
    {
      folder: 'node',
      about: 'What only Node has: Dawn, files, image decoding, downloads.',
      needs: 'Node',
    },
    {
      folder: 'web',
      about: 'What only browsers have: canvases, video, their caches.',
      needs: 'a browser',
    },
  ],
  [
    { folder: 'server', about: 'Answers over HTTP: models, batches, protocol and limits.', needs: 'Node' },
    {
      folder: 'queue',
      about: 'Jobs from a queue in Redis: files and S3 in, files and S3 out.',
      needs: 'Node',
    },
  ],
  [{ folder: 'cli', about: 'The `atrous` command.', needs: 'Node' }],
]

/** The packages that also run in browsers, which rooms may import that do not need Node. */
const PACKAGES_FOR_ALL = ['valibot', 'fflate', 'fast-png', '@bufbuild/protobuf']

interface Import {
  /** The importing module, from src. */
  from: string
  /** The imported module, from src, or a package. */
  to: string
  isPackage: boolean
}

/** Static and dynamic imports, re-exports, types, and modules that workers run. */
const IMPORTS = [
  /(?:^|[;}\s])(?:import|export)\s[^'"`;]*?\sfrom\s+['"]([^'"]+)['"]/g,
  /(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
  /\bnew URL\(\s*['"](\.[^'"]+\.ts)['"]/g,
]

function importsOf({ path, text }: Source): Import[] {
  const specifiers = IMPORTS.flatMap(pattern => [...text.matchAll(pattern)].map(([, name]) => name))
  return specifiers.map(name => {
    const isPackage = !name.startsWith('.')
    return { from: path, to: isPackage ? name : posix.join(posix.dirname(path), name), isPackage }
  })
}

const inRoom = (path: string, { folder }: Room) =>
  folder === '.' ? !path.includes('/') : path.startsWith(`${folder}/`)

/** The room of a module, and the row of that room. Throws where the module is in none. */
function placeOf(path: string): { room: Room; row: number } {
  const places = ROOMS.flatMap((rooms, row) => rooms.map(room => ({ room, row })))
  const [place] = places
    .filter(({ room }) => inRoom(path, room))
    .sort((a, b) => b.room.folder.length - a.room.folder.length)
  if (!place) throw new Error(`src/${path} is in no room: add its room to the list in test/rooms.test.ts`)
  return place
}

/** A line for each import that breaks the order of the rooms. */
function upwardImports(imports: Import[]): string[] {
  const upward = imports.filter(
    ({ from, to, isPackage }) => !isPackage && placeOf(to).row > placeOf(from).row,
  )
  return upward.map(({ from, to }) => `${from} imports ${to}`)
}

/** A line for each import of Node's own modules, or of a package for Node, where browsers must run the importing module. */
function nodeImports(imports: Import[]): string[] {
  const packageOf = (name: string) => name.match(/^(?:@[^/]+\/)?[^/]+/)![0]
  return imports
    .filter(({ from, isPackage }) => isPackage && placeOf(from).room.needs !== 'Node')
    .filter(({ to }) => !PACKAGES_FOR_ALL.includes(packageOf(to)))
    .map(({ from, to }) => `${from} imports ${to}`)
}

/** A line for each import of what needs a platform by a module that another one runs, too. */
function foreignImports(imports: Import[]): string[] {
  const needs = (path: string) => placeOf(path).room.needs
  return imports
    .filter(({ to, isPackage }) => !isPackage && needs(to) !== undefined)
    .filter(({ from, to }) => needs(from) !== needs(to))
    .map(({ from, to }) => `${from} imports ${to}`)
}

/** What each importer imports, by name. */
function importedBy(edges: { from: string; to: string }[]): Map<string, Set<string>> {
  const next = new Map<string, Set<string>>()
  for (const { from, to } of edges) next.set(from, (next.get(from) ?? new Set()).add(to))
  return next
}

/** The members of a circle in the order of its imports; undefined where there is no circle. */
function circleOf(next: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>()
  const walk = (member: string, path: string[]): string[] | undefined => {
    if (path.includes(member)) return [...path.slice(path.indexOf(member)), member]
    if (done.has(member)) return undefined
    for (const imported of next.get(member) ?? []) {
      const found = walk(imported, [...path, member])
      if (found) return found
    }
    done.add(member)
    return undefined
  }
  for (const member of next.keys()) {
    const found = walk(member, [])
    if (found) return found
  }
  return undefined
}

/** A circle of rooms. */
function circle(imports: Import[]): string[] | undefined {
  const rooms = imports
    .filter(({ isPackage }) => !isPackage)
    .map(({ from, to }) => ({ from: placeOf(from).room.folder, to: placeOf(to).room.folder }))
  return circleOf(importedBy(rooms.filter(({ from, to }) => from !== to)))
}

/** A circle of modules, in a room or across rooms. */
const circleOfModules = (imports: Import[]): string[] | undefined =>
  circleOf(importedBy(imports.filter(({ isPackage }) => !isPackage)))

describe('rooms', () => {
  const modules = sources()
  const imports = modules.flatMap(importsOf)

  it('hold every module of src, and none is empty', () => {
    for (const { path } of modules) placeOf(path)
    for (const room of ROOMS.flat())
      expect(
        modules.some(({ path }) => placeOf(path).room === room),
        room.folder,
      ).to.equal(true)
  })

  it('are described in docs/architecture.md in the same order and words', () => {
    const page = readFileSync(new URL('../docs/architecture.md', import.meta.url), 'utf8')
    const section = /\n## Rooms\n([\s\S]*?)\n## /.exec(page)![1]
    const rows = section.matchAll(/^\| (?:\[`(.+)`\]\(.+\)|`src` itself) \| (.+) \|$/gm)
    const described = [...rows].map(([, folder = '.', about]) => ({ folder, about }))
    expect(described).to.deep.equal(ROOMS.flat().map(({ folder, about }) => ({ folder, about })))
  })

  it('import from lower rooms only', () => {
    expect(imports.length).to.be.above(500)
    expect(upwardImports(imports)).to.deep.equal([])
  })

  it('form no circle', () => {
    expect(circle(imports)).to.equal(undefined)
  })

  it('have no circle of modules: imports of types count, too', () => {
    expect(circleOfModules(imports)).to.equal(undefined)
  })

  it('except node, server and cli run in browsers: they import neither Node nor packages for Node', () => {
    expect(nodeImports(imports)).to.deep.equal([])
  })

  // rooms/tsconfig.json has neither Node's types nor the DOM's. Its folder has a module that it must refuse.
  it('that both platforms run use no global that only one of them has', () => {
    const root = fileURLToPath(new URL('..', import.meta.url))
    const tsc = ['node_modules/typescript/bin/tsc', '-p', 'test/rooms', '--pretty', 'false']
    const { stdout } = spawnSync(process.execPath, tsc, { cwd: root, encoding: 'utf8' })
    const errors = stdout.split('\n').filter(line => line.includes(': error '))
    expect(errors.filter(line => !line.startsWith('test/rooms/needs_one_platform.ts'))).to.deep.equal([])
    expect(errors.flatMap(line => /'([^']+)'/.exec(line)![1])).to.deep.equal([
      ...['node:fs', 'Buffer', 'process', 'global', '__dirname', 'require', 'setImmediate'],
      ...['window', 'document', 'navigator', 'localStorage', 'HTMLCanvasElement'],
    ])
  })

  it('that both platforms run import none that needs one of them, and neither platform imports the other', () => {
    expect(foreignImports(imports)).to.deep.equal([])
  })

  it('are checked by every kind of import', () => {
    const text = `// The order from 'nowhere' is no import.
import { a } from './a.ts'
import type {
  B,
  C,
} from '../node/b.ts'
import './c.ts'
export * from './d.ts'
export { type E } from '../cli/e.ts'
const f = await import('../bench/f.ts')
type G = typeof import('sharp')
new Worker(new URL('./h.ts', import.meta.url))
import { i } from 'node:fs'
`
    const found = importsOf({ path: 'gpu/x.ts', text })
    expect(found.map(({ to }) => to).sort()).to.deep.equal(
      [
        ...['gpu/a.ts', 'node/b.ts', 'gpu/c.ts', 'gpu/d.ts', 'cli/e.ts', 'bench/f.ts'],
        ...['sharp', 'gpu/h.ts', 'node:fs'],
      ].sort(),
    )
    expect(upwardImports(found)).to.deep.equal([
      'gpu/x.ts imports node/b.ts',
      'gpu/x.ts imports cli/e.ts',
      'gpu/x.ts imports bench/f.ts',
    ])
    expect(nodeImports(found)).to.have.members(['gpu/x.ts imports sharp', 'gpu/x.ts imports node:fs'])
    expect(foreignImports(found)).to.deep.equal(['gpu/x.ts imports node/b.ts', 'gpu/x.ts imports cli/e.ts'])
    const across: Import = { from: 'web/x.ts', to: 'node/b.ts', isPackage: false }
    expect(foreignImports([across])).to.deep.equal(['web/x.ts imports node/b.ts'])
    const back: Import = { from: 'bench/f.ts', to: 'gpu/x.ts', isPackage: false }
    expect(circle(found)).to.equal(undefined)
    expect(circle([...found, back])).to.have.length(3)
    expect(circleOfModules(found)).to.equal(undefined)
    expect(circleOfModules([...found, back])).to.deep.equal(['gpu/x.ts', 'bench/f.ts', 'gpu/x.ts'])
    const within: Import = { from: 'gpu/a.ts', to: 'gpu/x.ts', isPackage: false }
    expect(circleOfModules([...found, within])).to.deep.equal(['gpu/x.ts', 'gpu/a.ts', 'gpu/x.ts'])
  })
})
