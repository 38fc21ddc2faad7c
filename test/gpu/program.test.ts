import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import type { Range } from '../../src/gpu/launch.ts'
import { guessedMilliseconds } from '../../src/gpu/launch_times.ts'
import { Program, type ProgramRun } from '../../src/gpu/program.ts'
import { uploadOperands } from '../../src/gpu/run_kernel.ts'
import { activation } from '../../src/kernels/elementwise/activation.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { abortedAfter, ENOUGH, submitsDuring, withSubmitsOf } from '../support/submit_budget.ts'

const relu = activation({ label: 'relu', shape: [1, 1, 1, 4], activation: 'relu' })
const relu6 = activation({ label: 'relu6', shape: [1, 1, 1, 4], activation: 'relu6' })

describe('gpu/program', () => {
  it('runs its kernels in order, each after the writes of the one before, any number of times', async () => {
    const gpu = await testGpu()
    const first = await uploadOperands(gpu, relu, { input: Float32Array.of(-1, 2, 7, 9) })
    const second = await uploadOperands(gpu, relu6, { input: new Float32Array(4) })
    const program = await Program.create(gpu, 'chain', [
      { kernel: relu, ranges: first },
      { kernel: relu6, ranges: { input: first.output, output: second.output } },
    ])
    for (let run = 0; run < 2; run++) await program.run()
    const output = await gpu.download(second.output.buffer, 16)
    expect([...new Float32Array(output.buffer)]).to.deep.equal([0, 2, 6, 6])

    const times = await program.profile()
    expect(times.map(({ kernel }) => kernel.label)).to.deep.equal(['relu', 'relu6'])
    for (const { milliseconds } of times) expect(milliseconds).to.be.within(0, 100_000)

    program.destroy()
    for (const { buffer } of [...Object.values(first), ...Object.values(second)]) gpu.release(buffer)
  })

  it('refuses buffers that are missing, too small or unknown, by name', async () => {
    const gpu = await testGpu()
    const ranges = await uploadOperands(gpu, relu, { input: new Float32Array(4) })
    const before = gpu.memory.buffers
    const { input, output } = ranges
    const messageOf = async (kernel: typeof relu, given: Partial<typeof ranges>) =>
      (await rejects(Error, () => Program.create(gpu, 'bad', [{ kernel, ranges: given as typeof ranges }])))
        .message
    expect(await messageOf(relu, { input })).to.equal('relu: nothing is bound to output')
    expect(await messageOf(relu, { input, output: { ...output, size: 8 } })).to.equal(
      'relu: output needs 16 bytes, bound to 8',
    )
    expect(await messageOf({ ...relu, inputs: { ...relu.inputs, bias: 4 } }, ranges)).to.equal(
      'relu: the shader has no buffer bias',
    )
    expect(await messageOf({ ...relu, outputs: {} }, ranges)).to.equal('relu: buffer output is missing')
    expect(gpu.memory.buffers, 'buffers left behind').to.equal(before)
    for (const { buffer } of Object.values(ranges)) gpu.release(buffer)
  })

  describe('in several submits', () => {
    const LAUNCHES = 6
    /** Of several workgroups. */
    const wide = activation({ label: 'wide', shape: [1, 64, 64, 64], activation: 'relu' })
    const guess = guessedMilliseconds(wide)

    /** A chain of kernels, each of which reads what the one before it wrote, and what the last one wrote. */
    async function withChain(
      gpu: Gpu,
      work: (program: Program, output: () => Promise<Float32Array>) => Promise<void>,
    ): Promise<void> {
      const values = Float32Array.from({ length: 64 * 64 * 64 }, (_, i) => (i % 13) - 6)
      const links: Record<string, Range>[] = []
      for (let i = 0; i < LAUNCHES; i++) links.push(await uploadOperands(gpu, wide, { input: values }))
      const launches = links.map(({ input, output }, i) => ({
        kernel: wide,
        ranges: { input: i > 0 ? links[i - 1].output : input, output },
      }))
      const program = await Program.create(gpu, 'chain', launches)
      const last = links.at(-1)!.output
      await work(program, async () => new Float32Array((await gpu.download(last.buffer, last.size)).buffer))
      program.destroy()
      for (const ranges of links) for (const { buffer } of Object.values(ranges)) gpu.release(buffer)
    }

    it('computes the same, and learns to use fewer', async () => {
      const gpu = await testGpu()
      await withChain(gpu, async (program, output) => {
        await withSubmitsOf(Infinity, gpu, () => program.run())
        const expected = await output()
        await withSubmitsOf(2.5 * guess, gpu, async () => {
          expect(await submitsDuring(gpu, () => program.run())).to.equal(3)
          expect(Buffer.compare(Buffer.from((await output()).buffer), Buffer.from(expected.buffer))).to.equal(
            0,
          )
        })
        await withSubmitsOf(guess / 20, gpu, async () => {
          expect(await submitsDuring(gpu, () => program.run())).to.be.at.least(LAUNCHES)
          await gpu.finish()
        })
        await withSubmitsOf(1e4, gpu, async () => {
          for (let run = 0; run < 3; run++) await program.run()
          expect(await submitsDuring(gpu, () => program.run())).to.equal(1)
          await gpu.finish()
        })
      })
    })

    it('gives each launch its time, and the time of all', async () => {
      const gpu = await testGpu()
      await withChain(gpu, async program => {
        const live = gpu.memory.liveBytes
        await withSubmitsOf(guess / 3, gpu, async () => {
          const times = await program.profile()
          expect(times).to.have.lengthOf(LAUNCHES)
          for (const { milliseconds } of times) expect(milliseconds).to.be.within(0, 100_000)
          const submits = await submitsDuring(gpu, () => program.time(4))
          expect(submits).to.be.above(1)
          expect(await program.time(4)).to.be.within(0, 1000)
        })
        expect(gpu.memory.liveBytes).to.equal(live)
      })
    })

    /** The number of submits that are sent and not done, after each. */
    async function submitsInFlight(signal?: AbortSignal): Promise<number[]> {
      const gpu = await testGpu()
      const { queue } = gpu.device
      const { submit, onSubmittedWorkDone } = queue
      const inFlight: number[] = []
      let [sent, done] = [0, 0]
      queue.submit = buffers => {
        inFlight.push(++sent - done)
        return submit.call(queue, buffers)
      }
      queue.onSubmittedWorkDone = async () => {
        await onSubmittedWorkDone.call(queue)
        done++
        return undefined
      }
      try {
        await withChain(gpu, program => withSubmitsOf(guess, gpu, () => program.run({ signal })))
      } finally {
        for (const name of ['submit', 'onSubmittedWorkDone'] as const)
          delete (queue as Partial<GPUQueue>)[name]
      }
      return inFlight
    }

    it('sends all at once, but two at most if a signal may end the run', async () => {
      expect(await submitsInFlight()).to.deep.equal([1, 2, 3, 4, 5, 6])
      const inFlight = await submitsInFlight(new AbortController().signal)
      expect(Math.max(...inFlight)).to.equal(2)
      expect(inFlight).to.have.lengthOf(LAUNCHES)
    })

    /** The number of submits of a run whose signal is aborted after some of them. */
    async function submitsUntilAbort(after: number, options: ProgramRun): Promise<number> {
      const gpu = await testGpu()
      let isFinished = false
      const finish = () => {
        isFinished = true
      }
      let submits = 0
      await withChain(gpu, program =>
        withSubmitsOf(guess, gpu, async () => {
          submits = await submitsDuring(gpu, () =>
            abortedAfter(after, gpu, async signal => {
              const run = program.run({ ...options, finish, signal })
              const error = await run.catch((thrown: unknown) => thrown)
              expect(error).to.equal(isFinished ? undefined : ENOUGH)
            }),
          )
          await gpu.finish()
        }),
      )
      return submits
    }

    it('ends between two of them when the signal is aborted', async () => {
      expect(await submitsUntilAbort(1, {})).to.equal(1)
      expect(await submitsUntilAbort(4, {})).to.equal(4)
    })

    it('goes on where it has begun to change what must not be half changed', async () => {
      expect(await submitsUntilAbort(2, { commits: 2 })).to.equal(2)
      expect(await submitsUntilAbort(3, { commits: 2 })).to.equal(LAUNCHES)
    })

    it('does not begin when the signal was aborted before', async () => {
      const gpu = await testGpu()
      await withChain(gpu, async program => {
        const run = () => rejects(DOMException, () => program.run({ signal: AbortSignal.abort() }))
        expect(await submitsDuring(gpu, run)).to.equal(0)
      })
    })
  })
})
