import { expect } from 'chai'
import { Program } from '../../src/gpu/program.ts'
import { uploadOperands } from '../../src/gpu/run_kernel.ts'
import { activation } from '../../src/kernels/activation.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'

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
    for (let run = 0; run < 2; run++) gpu.submit('chain', encoder => program.encode(encoder))
    const output = await gpu.download(second.output.buffer, 16)
    expect([...new Float32Array(output.buffer)]).to.deep.equal([0, 2, 6, 6])

    const times = await program.profile()
    expect(times.map(({ kernel }) => kernel.label)).to.deep.equal(['relu', 'relu6'])
    for (const { milliseconds } of times) expect(milliseconds).to.be.within(0, 1000)

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
})
