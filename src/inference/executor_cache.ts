// The plans of a model that were used last, ready on a GPU.

import { OutOfMemoryError } from '../gpu/errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Plan } from '../graph/plan/plan.ts'
import { Executor } from '../graph/runtime/executor.ts'
import type { WeightStore } from '../graph/runtime/weight_store.ts'

/** The number of plans that are kept ready, whatever memory they take. Each holds an arena on the GPU. */
export const MAX_PLANS = 4

/** The most plans that are kept, as long as all of them take no more bytes than this: photos of a folder have many sizes. */
const MAX_SMALL_PLANS = 16
const MAX_BYTES = 2 ** 28

export class ExecutorCache {
  readonly #gpu: Gpu
  /** The least recently used first. */
  readonly #executors = new Map<string, Executor>()

  constructor(gpu: Gpu) {
    this.#gpu = gpu
  }

  /** From the cache, or new. A new executor replaces the least recently used ones if there is no room for all. */
  async get(key: string, weights: WeightStore, plan: () => Promise<Plan>): Promise<Executor> {
    const executor = this.#executors.get(key) ?? (await this.#create(await plan(), weights))
    this.#executors.delete(key)
    this.#executors.set(key, executor)
    return executor
  }

  async clear(): Promise<void> {
    for (const executor of this.#executors.values()) await executor.destroy()
    this.#executors.clear()
  }

  async #create(plan: Plan, weights: WeightStore): Promise<Executor> {
    while (!this.#hasRoomFor(plan)) await this.#evict(plan, weights)
    for (;;)
      try {
        return await Executor.create(this.#gpu, plan, weights)
      } catch (error) {
        // The memory of a GPU may be smaller than what is kept.
        if (!(error instanceof OutOfMemoryError) || this.#executors.size === 0) throw error
        await this.#evict(plan, weights)
      }
  }

  #hasRoomFor(plan: Plan): boolean {
    const { size } = this.#executors
    if (size < MAX_PLANS) return true
    const bytes = this.#plans.reduce((sum, other) => sum + bytesOf(other), bytesOf(plan))
    return size < MAX_SMALL_PLANS && bytes <= MAX_BYTES
  }

  /** Frees the least recently used executor, and the weights that no other plan reads. */
  async #evict(plan: Plan, weights: WeightStore): Promise<void> {
    const [oldest, executor] = this.#executors.entries().next().value!
    this.#executors.delete(oldest)
    await executor.destroy()
    weights.keepFor([...this.#plans, plan])
  }

  get #plans(): Plan[] {
    return [...this.#executors.values()].map(({ plan }) => plan)
  }
}

const bytesOf = ({ workspaceBytes, arenaBuffers }: Plan): number =>
  arenaBuffers.reduce((sum, bytes) => sum + bytes, workspaceBytes)
