// The probe itself: what fails on an adapter must be reported, with the reason.

import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { loadKnownAnswers } from '../../src/cli/doctor/known_answers.ts'
import { testGpu } from '../support/gpu.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'
import { loadSuites } from '../support/kernel_suites.ts'
import { bundleProbe } from './bundle.ts'
import { sharedJob } from './job.ts'
import { matrixText } from './matrix_text.ts'
import type { TestedAdapter } from './probe/adapter.ts'
import { doctorPart } from './probe/doctor_part.ts'
import { kernelsPart } from './probe/kernels_part.ts'
import { photosPart } from './probe/photos_part.ts'
import { type ProbeHost, probe } from './probe/probe.ts'
import { type ProbeReport, reasonOf, runPart } from './probe/report.ts'
import { trainingPart } from './probe/training_part.ts'

const adapter: TestedAdapter = { gpu: testGpu, close: () => {} }
const onProgress = () => {}

describe('the probe of adapters', () => {
  it('reports a kernel whose known answer differs', async () => {
    const [answer, ...others] = (await loadKnownAnswers()).filter(
      ({ kernel }) => kernel.shader.name === 'add',
    )
    const outputs = Object.fromEntries(
      Object.entries(answer.outputs).map(([name, { bytes, ...output }]) => {
        return [name, { ...output, bytes: bytes.map(byte => byte ^ 0x40) }]
      }),
    )
    const answers = [{ ...answer, outputs }, ...others]
    const report = await runPart('doctor', tally => doctorPart(adapter, tally, { answers, onProgress }))
    expect(report.failed.map(({ name }) => name)).to.deep.equal(['add'])
    expect(report.failed[0].reason).to.match(/^its error is (?:[\d.e+]+|Infinity) of what rounding explains$/)
  })

  it('reports a case that differs from its reference, and skips what the job leaves out', async () => {
    const add = (await loadSuites()).find(({ shader }) => shader === 'add')!
    const wrong: KernelSuite = {
      ...add,
      cases: [...add.cases.slice(0, 2), { name: 'a layer', bench: true } as KernelCase],
      run(test, traits) {
        const run = add.run(test, traits)
        if (test !== add.cases[1]) return run
        const check = () => expect.fail('it differs')
        return { ...run, expected: { output: { check } } }
      },
    }
    const options = { suites: [wrong], layers: false, onProgress }
    const report = await runPart('kernels', tally => kernelsPart(adapter, tally, options))
    expect(report.passed).to.equal(1)
    expect(report.failed).to.deep.equal([{ name: `add: ${add.cases[1].name}`, reason: 'it differs' }])
    expect(report.skipped.map(({ name }) => name)).to.deep.equal(['add: a layer'])
  })

  it('reports a photo and losses that differ from those of the reference (slow)', async () => {
    const { job, files } = await sharedJob()
    const [scene] = job.photos
    const [expected] = scene.expected
    const logits = expected.logits.map((value, i) => (i === 7 ? value + 0.1 : value))
    const photos = [{ ...scene, expected: [expected, { ...expected, logits }] }]
    const read = async (name: string) => Uint8Array.from(files.get(name)!)
    const found = await runPart('photos', tally => photosPart(adapter, tally, { photos, read, onProgress }))
    expect(found.passed).to.equal(1)
    expect(found.failed.map(({ reason }) => reason)).to.have.length(1)
    expect(found.failed[0].reason).to.match(/^the logits differ by 0\.0\d+ of the largest$/)
    const losses = Object.fromEntries(
      Object.entries(job.losses).map(([name, its], i) => [
        name,
        i === 0 ? its.map(loss => 1.001 * loss) : its,
      ]),
    )
    const training = await runPart('training', tally =>
      trainingPart(adapter, tally, { expected: losses, onProgress }),
    )
    expect(training.passed).to.equal(Object.keys(losses).length - 1)
    expect(training.failed.map(({ name }) => name)).to.deep.equal([Object.keys(losses)[0]])
  })

  it('reports that there is no adapter', async () => {
    const reports: ProbeReport[] = []
    const host = {
      onReport: async report => void reports.push(structuredClone(report)),
    } as Partial<ProbeHost>
    const { job } = await sharedJob()
    const entry = { requestAdapter: async () => null } as unknown as GPU
    await probe(entry, { ...job, request: {}, parts: ['doctor'], layers: true }, host as ProbeHost)
    expect(reports).to.have.length(1)
    expect(reports[0]).to.deep.include({ parts: [], finished: false })
    expect(reports[0].error).to.match(/^no GPU adapter/)
  })

  it('gives the first lines of a reason, also where the message begins with an empty one', () => {
    expect(reasonOf(new Error('\n\n first\nsecond\n\nthird\nfourth'))).to.equal('first | second | third')
    expect(reasonOf('text')).to.equal('text')
  })

  it('is one file that imports nothing', async () => {
    const bundle = await readFile(await bundleProbe(), 'utf8')
    expect(bundle).to.not.match(/^import\s/m)
    expect(bundle).to.not.match(/\bimport\(/)
  })

  it('becomes a row of the table for each cell', () => {
    const failed = [{ name: 'conv2d', reason: 'it differs' }]
    const skipped = [{ name: 'softmax', reason: 'needs more' }]
    const parts = [{ part: 'kernels' as const, passed: 40, failed, skipped, seconds: 1 }]
    const text = matrixText([
      { cell: 'chromium', state: 'failed', report: { parts, finished: true }, seconds: 12.4 },
      { cell: 'deno', state: 'absent', reason: 'deno is not installed: npm ci', seconds: 0 },
    ])
    expect(text).to.match(/chromium +failed +– +1 of 41 failed, 1 skipped +– +– +12 s/)
    expect(text).to.include('chromium:\n  conv2d: it differs')
    expect(text).to.include('deno:\n  deno is not installed: npm ci')
  })
})
