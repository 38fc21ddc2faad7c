// Finds types that the declarations of a package mention without exporting them. A program cannot name such types.

import { type Identifier, isIdentifier, type Node } from 'typescript/unstable/ast'
import {
  API,
  type Project,
  type Symbol as Sym,
  SymbolFlags,
  TypeFlags,
  type UnionType,
} from 'typescript/unstable/sync'

const NAMED = SymbolFlags.Class | SymbolFlags.Interface | SymbolFlags.TypeAlias | SymbolFlags.Enum
const LITERAL = TypeFlags.StringLiteral | TypeFlags.NumberLiteral

/**
 * Lines such as `DeepLab: Item`: an export, and a type that it mentions and that is not exported. `entry` is a file of the
 * program of `tsconfig`.
 */
export function unnamedTypes(tsconfig: string, entry: string): string[] {
  const api = new API()
  try {
    const project = api.updateSnapshot({ openProjects: [tsconfig] }).getProject(tsconfig)!
    return unnamedIn(project, entry)
  } finally {
    api.close()
  }
}

function unnamedIn(project: Project, entry: string): string[] {
  const { checker, program } = project
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!
  const exported = checker.getExportsOfModule(module).map(symbol => resolved(project, symbol))
  const names = new Set(exported.map(({ id }) => id))
  const missing = (symbol: Sym) => !names.has(symbol.id) && needsName(project, symbol)
  const lines = exported.flatMap(symbol => {
    const mentioned = symbol.declarations.flatMap(handle => symbolsIn(project, handle.resolve(project)!))
    return mentioned.filter(missing).map(({ name }) => `${symbol.name}: ${name}`)
  })
  return [...new Set(lines)]
}

function symbolsIn(project: Project, declaration: Node): Sym[] {
  const identifiers: Identifier[] = []
  const visit = (node: Node): void => {
    if (isIdentifier(node)) identifiers.push(node)
    node.forEachChild(visit)
  }
  visit(declaration)
  const symbols = project.checker.getSymbolAtLocation(identifiers)
  return symbols.flatMap(symbol => (symbol ? [resolved(project, symbol)] : []))
}

const resolved = ({ checker }: Project, symbol: Sym) =>
  symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol

/** Whether a type is defined by the package and needs a name. A union of strings or numbers needs none. */
function needsName({ checker }: Project, symbol: Sym): boolean {
  if (!(symbol.flags & NAMED)) return false
  if (checker.resolveName(symbol.name, SymbolFlags.Type)?.id === symbol.id) return false // a global
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  const choices = type.flags & TypeFlags.Union ? (type as UnionType).getTypes() : [type]
  return !choices.every(({ flags }) => flags & LITERAL)
}
