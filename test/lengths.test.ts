// The lengths of functions and modules, as rules of this repository.

import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDERS = ['src/', 'bench/', 'scripts/', 'test/support/']
const GENERATED = /\.gen\.ts$|\/onnx_pb\.ts$/

const MAX_LINES_OF_A_FUNCTION = 60
const MAX_LINES_OF_A_MODULE = 320

const FUNCTIONS = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
])

const linesOf = (text: string) => text.split('\n').length
const nameOf = ({ fileName }: SourceFile) => relative(ROOT, fileName).replaceAll('\\', '/')

/** A line for each function of a module with more than `most` lines, its signature included and comments before it not. */
function longFunctions(source: SourceFile, most: number): string[] {
  const found: string[] = []
  const visit = (node: Node): void => {
    const start = node.getStart(source)
    const lines = linesOf(source.text.slice(start, node.end))
    if (FUNCTIONS.has(node.kind) && lines > most)
      found.push(`${nameOf(source)}:${linesOf(source.text.slice(0, start))}: a function of ${lines} lines`)
    node.forEachChild(visit)
  }
  visit(source)
  return found
}

describe('lengths', () => {
  const api = new API()
  let modules: SourceFile[]
  before(() => {
    const config = join(ROOT, 'tsconfig.json')
    const { program, rootFiles } = api.updateSnapshot({ openProjects: [config] }).getProject(config)!
    modules = rootFiles
      .filter(file => FOLDERS.some(folder => file.startsWith(join(ROOT, folder))) && !GENERATED.test(file))
      .map(file => program.getSourceFile(file)!)
  })
  after(() => api.close())

  it(`of functions are at most ${MAX_LINES_OF_A_FUNCTION} lines`, () => {
    expect(modules.length).to.be.above(300)
    expect(modules.flatMap(source => longFunctions(source, 0)).length).to.be.above(1000)
    expect(modules.flatMap(source => longFunctions(source, MAX_LINES_OF_A_FUNCTION))).to.deep.equal([])
  })

  it(`of modules are at most ${MAX_LINES_OF_A_MODULE} lines`, () => {
    const long = modules.filter(({ text }) => linesOf(text.trimEnd()) > MAX_LINES_OF_A_MODULE)
    expect(long.map(source => `${nameOf(source)}: ${linesOf(source.text)} lines`)).to.deep.equal([])
  })
})
