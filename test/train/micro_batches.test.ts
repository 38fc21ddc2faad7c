// Tests that training with micro-batches gives the results of whole batches, in less memory.

import { expect } from 'chai'
import type { TrainingBatch } from '../../src/train/micro_batches.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { noise, smallResNet } from './short_networks.ts'
import { expectSameState, type ShortRun, shortRun } from './short_run.ts'

/** The largest difference between two runs' parameters, relative to the norm of each. */
function distance(a: ShortRun, b: ShortRun): number {
  const distances = [...a.state.parameters].map(([name, values]) => {
    const others = b.state.parameters.get(name)!
    const difference = Math.hypot(...values.map((value, i) => value - others[i]))
    return difference / Math.max(1e-3, Math.hypot(...values))
  })
  return Math.max(...distances)
}

/** The batch, and then the same images once more. */
function doubled({ images, labels }: TrainingBatch): TrainingBatch {
  const twice = (bytes: Uint8Array) => Uint8Array.of(...bytes, ...bytes)
  return { images: twice(images), labels: twice(labels) }
}

describe('micro-batches', () => {
  it('give the results of the whole batch with frozen batch norm, in less memory', async () => {
    // Large enough that the maps outweigh memory that does not shrink with the batch, such as the weights' partial gradients.
    const cropSize = 97
    const batches = [1, 2, 3].map(seed => noise(4, { seed, cropSize }))
    const train = (microBatchSize: number) =>
      shortRun(smallResNet, batches, { batchSize: 4, microBatchSize, cropSize, freezeBatchNorm: true })
    const whole = await train(4)
    const [halves, quarters] = [await train(2), await train(1)]
    for (const parts of [halves, quarters]) {
      parts.losses.forEach((loss, i) => {
        expect(Math.abs(loss / whole.losses[i] - 1), `loss of step ${i + 1}`).to.be.below(1e-6)
      })
      expect(distance(parts, whole)).to.be.within(0, 1e-5)
    }
    expect(halves.activationBytes).to.be.below(0.55 * whole.activationBytes)
    expect(quarters.activationBytes).to.be.below(0.55 * halves.activationBytes)
  })

  it('are the batches for batch norm', async () => {
    const half = noise(2)
    const once = await shortRun(smallResNet, [half], { batchSize: 2 })
    const parts = await shortRun(smallResNet, [doubled(half)], { batchSize: 4, microBatchSize: 2 })
    expect(parts.losses).to.deep.equal(once.losses)
    expectSameBits(parts.state.velocities, once.state.velocities)
    for (const [name, values] of parts.state.parameters) {
      const same = values.every((value, i) => value === once.state.parameters.get(name)![i])
      expect(same, name).to.equal(!/\.running_(mean|var)$/.test(name)) // these are updated twice
    }
  })

  it('drop different values, each with its own mask', async () => {
    const half = noise(1)
    const train = (batch: TrainingBatch, dropout: number, batchSize: number) =>
      shortRun(smallResNet, [batch], { batchSize, microBatchSize: 1, dropout, freezeBatchNorm: true })
    for (const [dropout, same] of [
      [0, true],
      [0.5, false],
    ] as const) {
      const [once, both] = [await train(half, dropout, 1), await train(doubled(half), dropout, 2)]
      expect(once.losses[0] === both.losses[0]).to.equal(same)
    }
  })

  it('resume from a state bit for bit', async () => {
    const batches = [1, 2, 3].map(seed => noise(4, { seed }))
    const options = { batchSize: 4, microBatchSize: 2 }
    const straight = await shortRun(smallResNet, batches, options)
    const first = await shortRun(smallResNet, batches.slice(0, 1), options)
    const rest = await shortRun(smallResNet, batches.slice(1), { ...options, from: first.state })
    expect([...first.losses, ...rest.losses]).to.deep.equal(straight.losses)
    expectSameState(rest.state, straight.state)
  })
})
