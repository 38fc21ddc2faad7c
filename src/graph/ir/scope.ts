// A graph while it is built: names, inputs, and the ops so far.

import { UserError } from '../../errors.ts'
import type { Shape } from '../../kernels/layout.ts'
import type { AnyOp } from './graph.ts'
import type { DType, Tensor } from './tensor.ts'

export class GraphScope<Op extends AnyOp> {
  readonly ops: Op[] = []
  readonly inputs: Tensor[] = []
  readonly #names = new Set<string>()
  #scope = ''
  #unit: string | undefined

  /**
   * Puts `scope/` before the names of the tensors that `build` makes, so that one network can stand in a graph several
   * times (multi-scale inference). Parameters keep their names: the copies share their weights.
   */
  within<T>(scope: string, build: () => T): T {
    const outer = this.#scope
    this.#scope = `${outer}${scope}/`
    const result = build()
    this.#scope = outer
    return result
  }

  /**
   * Names the ops that `build` makes as one unit of the network, such as a bottleneck. Where memory is short, training keeps
   * what enters and leaves a unit and computes what is inside a second time.
   */
  unit<T>(name: string, build: () => T): T {
    const outer = this.#unit
    this.#unit = name
    const result = build()
    this.#unit = outer
    return result
  }

  input(name: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    const tensor = this.tensor(name, shape, dtype)
    this.inputs.push(tensor)
    return tensor
  }

  /**
   * A new tensor, its name within the scope. For the shape rules of ops.
   * Throws where a size is no whole number above 0, or the name is taken.
   */
  tensor(local: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    const name = this.#scope + local
    if (!shape.every(size => Number.isInteger(size) && size > 0))
      throw new UserError(`${name}: [${shape}] is not a shape`)
    if (this.#names.has(name)) throw new Error(`two tensors are named ${name}`)
    this.#names.add(name)
    return { name, shape, dtype }
  }

  /** A tensor's name without the scope's. */
  localName({ name }: Tensor): string {
    return name.slice(this.#scope.length)
  }

  /** Adds an op; returns its output. */
  push(op: Op): Tensor {
    this.ops.push({ ...op, unit: this.#unit })
    return op.output
  }
}
