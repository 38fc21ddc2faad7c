// Maps that are larger than the GPU binds at once. An op on such maps becomes several ops, each on a band of rows: the rows of one
// image lie one after the other, so a band is a range of bytes that can be bound by itself.

import { UserError } from '../../errors.ts'
import type { Rows } from '../../kernels/geometry.ts'
import { inputsOf } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'
import { mebibytes, rowBytes, tensorBytes } from '../ir/tensor_bytes.ts'
import type { FoldedAddOp } from '../ops/add.ts'
import type { FusedConv2dOp } from '../ops/conv2d.ts'
import { bandOf, type FusedGraph, type FusedOp, shareOf } from '../ops/index.ts'
import { hasTooLargeMap, isTooLarge, type PlanLimits } from './limits.ts'
import { cutRows, gatherRows, partsOf, rowsIn, rowsText, type TensorPart } from './parts.ts'
import { splitByInputChannels } from './split_channels.ts'

interface Cutting {
  limits: PlanLimits
  partsOf(tensor: Tensor): TensorPart[]
}

/**
 * The graph with all ops on maps that are too large to be bound cut into bands; the same graph where there are none. Ops on batches,
 * and those that cannot be cut, stay whole. Throws a UserError where not even a few rows of a map can be bound.
 */
export function cutMaps(graph: FusedGraph, limits: PlanLimits): FusedGraph {
  if (!graph.ops.some(op => hasTooLargeMap(op, limits))) return graph
  for (const tensor of [...graph.inputs, ...graph.outputs])
    if (tensorBytes(tensor) > limits.maxBufferSize)
      throw new UserError(
        `${tensor.name} takes ${mebibytes(tensorBytes(tensor))}, and this GPU's largest buffer is ` +
          `${mebibytes(limits.maxBufferSize)}: take a smaller image, or fewer at a time`,
      )
  const known = new Map<Tensor, TensorPart[]>()
  const cutting: Cutting = {
    limits,
    partsOf(tensor) {
      const parts = known.get(tensor) ?? partsOf(tensor, limits)
      known.set(tensor, parts)
      return parts
    },
  }
  const cuts = graph.ops.map(op => cutOf(op, cutting)) // It may throw, and bands may be thousands.
  return { ...graph, ops: graph.ops.flatMap((op, i) => cutOp(op, cuts[i], cutting)) }
}

/** How an op is cut. `most`: the most rows of a band. */
type Cut = 'not' | 'shares of a sum' | 'input channels' | { most: number }

/** Throws a UserError where not even a few rows of a map can be bound. */
function cutOf(op: FusedOp, cutting: Cutting): Cut {
  if (!hasTooLargeMap(op, cutting.limits) || op.output.shape[0] > 1) return 'not'
  if (shareOf(op)) return 'shares of a sum'
  if (!bandOf(op, { from: 0, count: 1 })) return 'not'
  const { most, step, bytes } = rowsOfBand(op, cutting)
  if (most > 0) return { most }
  if (op.kind === 'conv2d' && op.inputs.input.shape[3] > 4) return 'input channels'
  throw new UserError(
    `${op.name}: ${step} rows of its maps take ${mebibytes(bytes)}, and this GPU binds ` +
      `${mebibytes(cutting.limits.maxStorageBufferBindingSize)} at once: take a narrower image`,
  )
}

function cutOp(op: FusedOp, cut: Cut, cutting: Cutting): FusedOp[] {
  if (cut === 'not') return [op]
  if (cut === 'shares of a sum') return sumOfShares(op, shareOf(op)!, cutting)
  if (cut === 'input channels')
    return splitByInputChannels(op as FusedConv2dOp).flatMap(half =>
      cutOp(half, cutOf(half, cutting), cutting),
    )
  return cutting
    .partsOf(op.output)
    .flatMap(part => cutRows(part.rows, cut.most).flatMap(rows => bandOfOp(op, { rows, part }, cutting)))
}

/** The op for some rows of its output, which are in `part`, after what gathers its inputs. */
function bandOfOp(
  op: FusedOp,
  { rows, part }: { rows: Rows; part: TensorPart },
  cutting: Cutting,
): FusedOp[] {
  const taken = rowsTaken(op, rows, cutting)
  const { fields } = bandOf(op, rows)!
  const gathered = Object.entries(rolesOf(op)).map(([role, tensor]) => {
    const whole = { tensor, copies: [] }
    return [role, role in taken ? gatherRows(cutting.partsOf(tensor), taken[role]) : whole] as const
  })
  const inputs = Object.fromEntries(gathered.map(([role, { tensor }]) => [role, tensor]))
  const band = {
    ...op,
    ...fields?.({ ...wholeRows(op), ...taken }),
    name: `${op.name} ${rowsText(rows)}`,
    inputs: Array.isArray(op.inputs) ? Object.values(inputs) : inputs,
    output: rowsIn(part, rows),
  } as FusedOp
  return [...gathered.flatMap(([, { copies }]) => copies), band]
}

/** The rows of each input that are bound for some rows of the output, by role; an input that is bound whole is not in it. */
function rowsTaken(op: FusedOp, rows: Rows, { limits }: Cutting): Record<string, Rows> {
  const { same = [], reads = {} } = bandOf(op, rows)!
  const roles = rolesOf(op)
  const taken: Record<string, Rows> = {}
  for (const role of same) if (role in roles) taken[role] = rows
  for (const [role, { from, count }] of Object.entries(reads)) {
    if (!isTooLarge(roles[role], limits)) continue
    const step = bindableRows(roles[role], limits)
    const first = Math.floor(from / step) * step
    taken[role] = { from: first, count: from + count - first }
  }
  return taken
}

/**
 * The most rows of the output that a band may have: as many as can be bound, of the output and of each input. It is a multiple of
 * `step`; 0 if so few rows, of which one map takes `bytes`, cannot be bound.
 */
function rowsOfBand(op: FusedOp, cutting: Cutting): { most: number; step: number; bytes: number } {
  const { limits } = cutting
  const { maxStorageBufferBindingSize: largest } = limits
  const [, height] = op.output.shape
  const roles = rolesOf(op)
  const { same = [] } = bandOf(op, { from: 0, count: 1 })!
  const alike = [op.output, ...same.flatMap(role => roles[role] ?? [])]
  const step = Math.max(...alike.map(tensor => bindableRows(tensor, limits)))
  const bytes = (rows: Rows) => {
    const read = Object.entries(rowsTaken(op, rows, cutting)).map(
      ([role, { count }]) => count * rowBytes(roles[role]),
    )
    return Math.max(rows.count * rowBytes(op.output), ...read)
  }
  const parts = cutting.partsOf(op.output)
  const bytesOf = (most: number) => Math.max(...parts.flatMap(part => cutRows(part.rows, most)).map(bytes))
  const wholeBytes = Math.max(...Object.values(roles).map(tensorBytes), tensorBytes(op.output))
  // In steps: a number that fits, and one that does not.
  let [most, tooMany] = [0, Math.ceil(height / Math.ceil(wholeBytes / largest) / step) + 1]
  while (tooMany - most > 1) {
    const some = Math.ceil((most + tooMany) / 2)
    if (bytesOf(some * step) <= largest) most = some
    else tooMany = some
  }
  return { most: most * step, step, bytes: bytesOf(step) }
}

/** After a multiple of so many rows, the next row of a tensor begins where it may be bound. */
function bindableRows(tensor: Tensor, { minStorageBufferOffsetAlignment: alignment }: PlanLimits): number {
  let rows = 1
  while ((rows * rowBytes(tensor)) % alignment > 0) rows *= 2
  return rows
}

/** Of an op with one input: what each band of it makes, added up. */
function sumOfShares(op: FusedOp, share: Partial<FusedOp>, cutting: Cutting): FusedOp[] {
  const [input] = inputsOf(op)
  const [role] = Object.keys(rolesOf(op))
  const step = bindableRows(input, cutting.limits)
  const rows = Math.floor(cutting.limits.maxStorageBufferBindingSize / (rowBytes(input) * step)) * step
  const bands = cutting.partsOf(input).flatMap(part =>
    cutRows(part.rows, Math.max(step, rows)).map(rows => {
      const name = `${op.name} ${rowsText(rows)}`
      const output: Tensor = { ...op.output, name }
      return { ...op, ...share, name, inputs: { [role]: rowsIn(part, rows) }, output } as FusedOp
    }),
  )
  const [first, ...others] = bands.map(({ output }) => output)
  let sum = first
  const adds = others.map((b, i): FoldedAddOp => {
    const isLast = i === others.length - 1
    const output = isLast ? op.output : { ...op.output, name: `${op.name} sum ${i}` }
    const added: FoldedAddOp = {
      kind: 'add',
      name: output.name,
      inputs: { a: sum, b },
      activation: 'none',
      output,
    }
    sum = output
    return added
  })
  return [...bands, ...adds]
}

/** An op's inputs by role, those of a list by index. */
function rolesOf(op: FusedOp): Record<string, Tensor> {
  const roles = Object.entries(op.inputs as Record<string, Tensor | undefined>)
  return Object.fromEntries(roles.flatMap(([role, tensor]) => (tensor ? [[role, tensor] as const] : [])))
}

const wholeRows = (op: FusedOp): Record<string, Rows> =>
  Object.fromEntries(
    Object.entries(rolesOf(op)).map(([role, { shape }]) => [role, { from: 0, count: shape[1] }]),
  )
