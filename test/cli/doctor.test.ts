import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { adapterText, kernelsText } from '../../src/cli/doctor/doctor_text.ts'
import { checkFloat16, checkKernel, type KernelReport } from '../../src/cli/doctor/kernel_check.ts'
import { knownAnswers } from '../../src/cli/doctor/known_answers.ts'
import { storedBuffers } from '../../src/gpu/float16_storage.ts'
import { shaders } from '../../src/gpu/shaders.gen.ts'
import { driverAdvice } from '../../src/node/gpu/driver_advice.ts'
import { needsFloat16 } from '../support/float16.ts'
import { testGpu } from '../support/gpu.ts'
import { knownAnswersFile, knownAnswersModule, makeKnownAnswers } from './make_known_answers.ts'
import { atrous, spawnAtrous, WITHOUT_DRIVERS } from './support.ts'

describe('atrous doctor', () => {
  const checked = knownAnswers.flatMap(answer => answer.shaders)

  it('has a known answer for every shader', () => {
    const how = 'a new one comes into src/cli/doctor/kernel_check.ts and test/cli/make_known_answers.ts'
    expect(checked, how).to.have.members(Object.keys(shaders))
  })

  it('has the answers that the references give today', async () => {
    const module = knownAnswersModule(await makeKnownAnswers(await testGpu()))
    expect(await readFile(knownAnswersFile, 'utf8'), 'make_known_answers.ts makes it anew').to.equal(module)
  })

  it('says in a few lines what GPU there is, and that every kernel is right', async () => {
    const { code, stdout, stderr } = await atrous('doctor')
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    const [adapter, kind, tuned, kernels, ...rest] = stdout.split('\n')
    expect(adapter).to.match(/^adapter +\w/)
    expect(kind).to.match(/^kind +(software|hardware)/)
    expect(tuned).to.match(/^tuned +(no: |\d+ convolutions)/)
    const [, right, total, idle = '0'] =
      /^kernels +(\d+) of (\d+) right, worst error 0\.\d\d of what rounding explains(?:, (\d+) not run on this GPU)?$/.exec(
        kernels,
      )!
    expect(Number(total)).to.equal(checked.length)
    expect(Number(right) + Number(idle)).to.equal(checked.length)
    expect(rest).to.deep.equal([''])
  })

  it('--json is whole, and --verbose prints it', async () => {
    const { stdout } = await atrous('doctor', '--json')
    const { adapter, tuned, kernels } = JSON.parse(stdout)
    expect(adapter).to.include.keys('vendor', 'software', 'features', 'limits')
    const of = (storage?: string) =>
      kernels.flatMap(({ kernel, stored }: KernelReport) => (stored === storage ? [kernel] : []))
    expect(of()).to.have.members(checked)
    expect(of('f16')).to.have.members(checked.filter(shader => storedBuffers({ shader }).size > 0))

    const verbose = true
    expect(adapterText(adapter, { tuned, verbose }))
      .to.match(/^features +\w/m)
      .and.to.match(/^limits +maxBufferSize \d/m)
    const lines = kernelsText(kernels, { verbose })
    for (const shader of checked) expect(lines).to.match(new RegExp(`^${shader} +(ok|not run) `, 'm'))
  })

  it('counts a kernel that is wrong in f16 only as wrong', () => {
    const report = (kernel: 'add' | 'copy' | 'resize', more: Partial<KernelReport>): KernelReport => ({
      ...{ kernel, result: 'ok', worstError: 0.25, ...more },
    })
    const reports = [
      ...[report('add', {}), report('add', { stored: 'f16', result: 'WRONG', worstError: 3 })],
      ...[report('copy', {}), report('resize', { result: 'not run', worstError: null, reason: 'old' })],
    ]
    expect(kernelsText(reports, { verbose: false })).to.equal(
      'kernels   1 of 3 right, worst error 0.25 of what rounding explains, 1 not run on this GPU',
    )
  })

  for (const answer of knownAnswers)
    it(`notices when ${answer.shaders} is a little off`, async function () {
      for (const output of Object.keys(answer.outputs)) {
        const outputs = { ...answer.outputs, [output]: nudged(answer.outputs[output], answer.type) }
        const report = await checkKernel(await testGpu(), answer.shaders[0], { ...answer, outputs })
        if (report.result === 'not run') this.skip()
        expect(report.result).to.equal('WRONG')
        expect(report.worstError).to.be.above(1)
      }
    })

  describe('in f16', () => {
    before(needsFloat16)

    const [answer] = knownAnswers.filter(({ shaders }) => shaders.includes('add'))

    it('is right', async () => {
      const { result, worstError } = await checkFloat16(await testGpu(), 'add', answer)
      expect(result).to.equal('ok')
      expect(worstError, 'of half a step').to.be.above(0.5)
    })

    it('notices when it cannot run', async () => {
      const { inputs, ...rest } = answer
      const halved = { ...rest, inputs: { ...inputs, a: inputs.b.slice(0, 16) } }
      const { result, reason } = await checkFloat16(await testGpu(), 'add', halved)
      expect(result).to.equal('WRONG')
      expect(reason).to.include('a has')
    })
  })

  it('notices when a kernel cannot run', async () => {
    const [answer] = knownAnswers
    const { result, reason } = await checkKernel(await testGpu(), 'resize', answer)
    expect(result).to.equal('WRONG')
    expect(reason).to.be.a('string').and.not.include('\n')
  })

  it('says what to install where there is no GPU', async () => {
    const { code, stdout, stderr } = await spawnAtrous(['doctor'], { env: WITHOUT_DRIVERS })
    expect({ code, stdout, stderr }).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: `error: ${driverAdvice}\n`,
    })
  })
})

/** The buffer with its first value changed: a float by a few ten-thousandths, a byte by one. */
function nudged(base64: string, type: 'u8' | 'f32'): string {
  const bytes = Buffer.from(base64, 'base64')
  if (type === 'u8') bytes[0] ^= 1
  else bytes.writeFloatLE(bytes.readFloatLE(0) * 1.0003 + 1e-4)
  return bytes.toString('base64')
}
