import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { makeKnownAnswers } from '../../scripts/make_known_answers.ts'
import { type Adapter, describeAdapter } from '../../src/bench/adapter.ts'
import {
  checkFloat16,
  checkKernel,
  type KernelReport,
  type KnownOutput,
} from '../../src/bench/answers/kernel_check.ts'
import { adapterText, kernelsText } from '../../src/cli/doctor/doctor.ts'
import { knownAnswersFile, loadKnownAnswers } from '../../src/cli/doctor/known_answers.ts'
import { storedBuffers } from '../../src/gpu/float16_storage.ts'
import type { ShaderName } from '../../src/gpu/shaders.gen.ts'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { driverAdvice } from '../../src/node/gpu/driver_advice.ts'
import { needsFloat16, testGpu } from '../support/gpu.ts'
import { replaced } from '../support/replaced.ts'
import { skip } from '../support/skip.ts'
import { atrous, spawnAtrous, WITHOUT_DRIVERS } from './support.ts'

const knownAnswers = await loadKnownAnswers()

describe('atrous doctor', () => {
  const checked = [...new Set(knownAnswers.map(({ kernel }) => kernel.shader.name as ShaderName))]

  it('has a known answer for every shader', () => {
    const how = 'run scripts/make_known_answers.ts'
    expect(checked, how).to.have.members(Object.keys(shadersByName))
  })

  it('has the kernels of this version, and the answers of the references', async () => {
    const isSame = (await readFile(knownAnswersFile, 'utf8')) === (await makeKnownAnswers())
    expect(isSame, 'known_answers.json is out of date: run scripts/make_known_answers.ts').to.equal(true)
  })

  describe('as a command, which compiles every kernel (slow)', () => {
    let asJson: Awaited<ReturnType<typeof traced>>
    before(async () => {
      asJson = await traced('doctor', '--json')
    })

    it('is the only command that loads the checks of kernels', async () => {
      const help = await traced('--help')
      expect(help.modules).to.include('cli/main.ts')
      const needed = ['bench/answers/kernel_check.ts', 'cli/doctor/known_answers.ts']
      expect(asJson.modules).to.include.members(needed)
      expect(help.modules).not.to.include.oneOf(needed)
    })

    it('prints the GPU in a few lines, and that every kernel is right', async () => {
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
      expect(right, 'kernels that do not run are not wrong').to.equal(total)
      expect(Number(total) + Number(idle)).to.equal(checked.length)
      expect(rest).to.deep.equal([''])
    })

    it('--json is complete, and --verbose prints everything', async () => {
      const { adapter, tuned, kernels } = JSON.parse(asJson.stdout)
      expect(adapter).to.include.keys('vendor', 'software', 'features', 'limits')
      const of = (storage?: string) =>
        kernels.flatMap(({ kernel, stored }: KernelReport) => (stored === storage ? [kernel] : []))
      expect(of()).to.have.members(checked)
      expect(of('f16')).to.have.members(
        checked.filter(shader => storedBuffers({ shader: shadersByName[shader] }).size > 0),
      )

      const verbose = true
      expect(adapterText(adapter, { tuned, verbose }))
        .to.match(/^features +\w/m)
        .and.to.match(/^lanes +\w/m)
        .and.to.match(/^limits +maxBufferSize \d/m)
      const lines = kernelsText(kernels, { verbose })
      for (const shader of checked) expect(lines).to.match(new RegExp(`^${shader} +(ok|not run) `, 'm'))
    })
  })

  it('prints which subgroups are used', async () => {
    const adapter = describeAdapter(await testGpu())
    const lanes = (more: Partial<Adapter>) =>
      /^lanes +(.*)$/m.exec(adapterText({ ...adapter, ...more }, { tuned: 0, verbose: true }))![1]
    expect(lanes({ subgroupSize: 32 })).to.equal('32 in each subgroup')
    const asked = { subgroupSize: undefined, subgroupSizes: [32, 64] }
    expect(lanes(asked)).to.equal('32 or 64 in each subgroup, as a kernel asks')
    const unused = { subgroupSize: undefined, subgroupSizes: [] }
    expect(lanes({ ...unused, reportedSubgroups: undefined })).to.equal('no subgroups')
    expect(lanes({ ...unused, reportedSubgroups: [8, 32] })).to.equal(
      'no subgroups are used: the GPU reports sizes of 8 to 32',
    )
    expect(lanes({ ...unused, reportedSubgroups: [16, 16] })).to.equal(
      'no subgroups are used: the GPU reports sizes of 16, but runs others',
    )
  })

  it('counts a kernel that is wrong only in f16 as wrong', () => {
    const report = (kernel: 'add' | 'copy' | 'resize', more: Partial<KernelReport>): KernelReport => ({
      ...{ kernel, result: 'ok', worstError: 0.25, ...more },
    })
    const reports = [
      ...[report('add', {}), report('add', { stored: 'f16', result: 'WRONG', worstError: 3 })],
      ...[report('copy', {}), report('resize', { result: 'not run', worstError: null, reason: 'old' })],
    ]
    expect(kernelsText(reports, { verbose: false })).to.equal(
      'kernels   1 of 2 right, worst error 0.25 of what rounding explains, 1 not run on this GPU',
    )
  })

  for (const answer of knownAnswers)
    it(`notices when ${answer.kernel.label} is a little off`, async function () {
      for (const [name, output] of Object.entries(answer.outputs)) {
        const outputs = { ...answer.outputs, [name]: nudged(output) }
        const report = await checkKernel(await testGpu(), [{ ...answer, outputs }])
        if (report.result === 'not run') skip(this, report.reason!)
        expect(report.result, name).to.equal('WRONG')
        expect(report.worstError, name).to.be.above(1)
      }
    })

  it('reports the worst of a kernel’s answers', async () => {
    const [right, ...others] = knownAnswers.filter(({ kernel }) => kernel.shader.name === 'add')
    const wrong = { ...right, outputs: { output: nudged(right.outputs.output) } }
    const { result, worstError } = await checkKernel(await testGpu(), [right, wrong, ...others])
    expect(result).to.equal('WRONG')
    expect(worstError).to.be.above(1)
  })

  describe('in f16', () => {
    before(needsFloat16)

    const answers = knownAnswers.filter(({ kernel }) => kernel.shader.name === 'add')

    it('is right', async () => {
      const { result, worstError } = await checkFloat16(await testGpu(), answers)
      expect(result).to.equal('ok')
      expect(worstError, 'of half a step').to.be.above(0.5)
    })

    it('notices when it cannot run', async () => {
      const [{ inputs, ...rest }] = answers
      const shorter = { ...rest, inputs: { ...inputs, a: inputs.b.slice(0, 16) } }
      const { result, reason } = await checkFloat16(await testGpu(), [shorter])
      expect(result).to.equal('WRONG')
      expect(reason).to.include('a has')
    })
  })

  it('notices when a kernel cannot run', async () => {
    const [answer] = knownAnswers
    const kernel = { ...answer.kernel, shader: shadersByName.resize }
    const { result, reason } = await checkKernel(await testGpu(), [{ ...answer, kernel }])
    expect(result).to.equal('WRONG')
    expect(reason).to.be.a('string').and.not.include('\n')
  })

  it('gives the reason if a message begins with an empty line, as those of some browsers do', async () => {
    const [answer] = knownAnswers
    const refuse = () => Promise.reject(new Error('\n  naga refuses\nthe text'))
    const gpu = replaced(await testGpu(), { allocate: refuse })
    expect((await checkKernel(gpu, [answer])).reason).to.equal('naga refuses')
  })

  it('does not run a kernel on an adapter without a known answer', async () => {
    const answer = knownAnswers.find(({ needs }) => needs === 'subgroups')!
    const gpu = Object.create(await testGpu(), { subgroupSize: { value: 4096 } })
    const { result, reason } = await checkKernel(gpu, [answer])
    expect({ result, reason }).to.deep.equal({
      result: 'not run',
      reason: 'has no known answer for subgroups of 4096',
    })
  })

  it('says what to install if there is no GPU', async () => {
    const { code, stdout, stderr } = await spawnAtrous(['doctor'], { env: WITHOUT_DRIVERS })
    expect({ code, stdout, stderr }).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: `error: ${driverAdvice}\n`,
    })
  })
})

/** An output with its first value changed: a float by a few times its tolerance, a byte by one bit. */
function nudged({ bytes, tolerance }: KnownOutput): KnownOutput {
  const changed = Buffer.from(bytes)
  if (!tolerance) changed[0] ^= 1
  else {
    const value = changed.readFloatLE(0)
    const step = tolerance.atol + tolerance.rtol * Math.abs(value)
    changed.writeFloatLE(value + 3 * step + 3e-7 * Math.abs(value), 0)
  }
  return { bytes: new Uint8Array(changed), tolerance }
}

/** What a command prints, and the modules of src that it loads, by their paths in src. */
async function traced(...args: string[]): Promise<{ stdout: string; modules: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'atrous-modules-'))
  const { stdout } = await spawnAtrous(args, { env: { NODE_V8_COVERAGE: folder } })
  const found: string[] = []
  for (const file of await readdir(folder)) {
    const { result }: { result: { url: string }[] } = JSON.parse(await readFile(join(folder, file), 'utf8'))
    found.push(...result.map(({ url }) => url))
  }
  await rm(folder, { recursive: true })
  return { stdout, modules: found.flatMap(url => /\/src\/([^?]*)/.exec(url)?.[1] ?? []) }
}
