// Constants and workgroup sizes that launchers read from a shader's text, so that no number stands both there and in src/kernels.

import type { Shader } from './kernel.ts'

interface Declarations {
  /** The text of each constant's value, by name: its default, where a kernel may set it. */
  constants: ReadonlyMap<string, string>
  /** The sizes of a workgroup, as the text of each axis. */
  workgroup: readonly string[]
}

const parsed = new Map<Shader, Declarations>()

/** The value of a shader's constant: its default, where a kernel may set it. */
export function constantOf(shader: Shader, name: string): number {
  return evaluate(shader, name)
}

/** Invocations of a shader's workgroup, by the defaults of its constants. */
export function workgroupSize(shader: Shader): number {
  return evaluate(shader, declarationsOf(shader).workgroup.join(' * '))
}

/** Workgroups that together have at least so many invocations. */
export function workgroupsFor(shader: Shader, invocations: number): number {
  return Math.ceil(invocations / workgroupSize(shader))
}

/** A product of numbers and constants, which is all that these declarations need. */
function evaluate(shader: Shader, expression: string): number {
  const { constants } = declarationsOf(shader)
  const factors = expression.split('*').map(part => {
    const factor = part.trim()
    if (/^\d+u?$/.test(factor)) return Number.parseInt(factor, 10)
    const value = constants.get(factor)
    if (value === undefined)
      throw new Error(`${shader.name}.wgsl: ${factor} is neither a number nor a constant`)
    return evaluate(shader, value)
  })
  return factors.reduce((product, factor) => product * factor)
}

function declarationsOf(shader: Shader): Declarations {
  const known = parsed.get(shader)
  if (known) return known
  const text = shader.wgsl
  const constants = [...text.matchAll(/^const (\w+) = ([^;]+);/gm)].map(
    ([, name, value]): [string, string] => [name, value],
  )
  const workgroup = /@workgroup_size\(([^)]+)\)/.exec(text)![1].split(',')
  const found = { constants: new Map(constants), workgroup }
  parsed.set(shader, found)
  return found
}
