import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import type { BenchReport } from '../../src/cli/bench/bench_text.ts'
import { type TuneReport, tuneText } from '../../src/cli/tune/tune.ts'
import { useEmptyCache, useTemporaryFolder } from '../node/support.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { useCountedClock } from '../support/counted_clock.ts'
import { useFewCandidates } from '../support/few_candidates.ts'
import { testGpu } from '../support/gpu.ts'
import { skip } from '../support/skip.ts'
import { atrous, saveTinyModel } from './support.ts'

describe('atrous tune', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)
  useFewCandidates()
  const clock = useCountedClock()

  before(async function () {
    if ((await testGpu()).subgroupSize === undefined) skip(this, 'this adapter has only one variant')
  })
  beforeEach(() => saveTinyModel(path('model')))

  const tune = (...args: string[]) => atrous('tune', '--model', path('model'), '--size', '33', ...args)

  async function reportOf(...args: string[]): Promise<TuneReport> {
    const { code, stdout, stderr } = await tune(...args, '--json')
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    return JSON.parse(stdout)
  }

  // Before the others: it compiles what they run for a few seconds.
  it('--json, and doctor and bench use the results (slow)', async () => {
    const { measured, convolutions, file, ...report } = await reportOf(
      ...['--batch', '2', '--output-stride', '8', '--seconds', '2'],
    )
    expect(report).to.include({ model: path('model'), size: 33, outputStride: 8, batch: 2 })
    expect(report.adapter).to.include.keys('vendor', 'software')
    expect(measured.length).to.be.within(1, convolutions)
    expect(convolutions).to.be.above(5)
    for (const { convolution, layers, untuned, fastest, milliseconds } of measured) {
      expect(convolution).to.match(/^2×/)
      expect(layers).to.be.at.least(1)
      expect(milliseconds).to.include.keys(untuned, fastest)
    }
    const differs = measured.some(({ untuned, fastest }) => untuned !== fastest)
    if (differs) expect(report.network!.tuned).to.be.above(0)
    else expect(report).not.to.include.keys('network')

    const [kept] = Object.values<object>(JSON.parse(await readFile(file, 'utf8')))
    expect(kept).to.deep.equal(
      Object.fromEntries(measured.map(({ convolution, fastest }) => [convolution, fastest])),
    )
    const { stdout } = await atrous('doctor', '--json')
    expect(JSON.parse(stdout).tuned).to.equal(measured.length)

    const model = ['--model', path('model'), '--size', '33', '--output-stride', '8', '--no-cold-start']
    const bench = (batch: string) => atrous('bench', ...model, '--runs', '1', '--batch', batch)
    expect((await bench('1')).stdout).not.to.include('tuned')
    const tuned = `tuned: ${measured.length} of ${convolutions} convolutions by measurements`
    expect((await bench('2')).stdout.split('\n').filter(line => line.startsWith(tuned))).to.have.length(1)
    const json: BenchReport = JSON.parse(
      (await atrous('bench', ...model, '--runs', '1', '--batch', '1,2', '--json')).stdout,
    )
    expect(json.tuned).to.deep.equal({ convolutions: 2 * convolutions, measured: measured.length })
  })

  it('prints a row for each convolution, and the file with the results', async () => {
    const { code, stdout, stderr } = await tune('--seconds', '1')
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    const [subject, blank, heading, ...lines] = stdout.trimEnd().split('\n')
    expect(subject).to.match(/model on \w.*: 33 px, output stride 16, batch 1$/)
    expect(blank).to.equal('')
    expect(heading).to.match(/^convolution +by the table +fastest +layers +ms +ms +faster %$/)
    const rows = lines.slice(0, lines.indexOf(''))
    expect(rows).not.to.be.empty
    for (const row of rows)
      expect(row).to.match(
        /^1×[\d×]+ → \d+, .* (conv2d\w*|winograd_\d) +(\w[\w×, ]* +)?\d+ +[\d.]+( +[\d.]+ +[\d.]+)?$/,
      )
    const [, measured, all] = stdout.match(/^(\d+) of (\d+) convolutions measured in /m)!.map(Number)
    expect(measured).to.equal(rows.length)
    expect(all).to.be.at.least(measured).and.above(5)
    expect(lines.at(-1)).to.equal(path('cache/tuning.json'))
    expect(existsSync(path('cache/tuning.json'))).to.equal(true)
  })

  it('--training: for the convolutions of a step and their gradients', async () => {
    const { code, stdout, stderr } = await tune('--training', '--batch', '2', '--seconds', '2')
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout.split('\n')[0]).to.match(/: 33 px, output stride 16, batch 2, for training$/)
    const kept = JSON.parse(await readFile(path('cache/tuning.json'), 'utf8'))
    const keys = Object.keys(Object.values<object>(kept)[0])
    const [, measured, all] = stdout.match(/^(\d+) of (\d+) convolutions measured in /m)!.map(Number)
    expect(keys).to.have.length(measured).and.not.to.be.empty
    expect(all, 'a convolution and its gradients for each layer').to.be.above(15)
    for (const key of keys)
      expect(key).to.match(/^2×[\d×]+ → \d+, .*, in training$|^gradient of the (input|weight): 2×/)
  })

  it('--photo: for photos of this shape', async () => {
    await sharp(blocksPhoto(90, 60).data, { raw: { width: 90, height: 60, channels: 4 } }).toFile(
      path('photo.png'),
    )
    const { measured } = await reportOf('--photo', path('photo.png'), '--size', '45', '--seconds', '1')
    expect(measured).not.to.be.empty
    for (const { convolution } of measured) {
      const [, height, width] = convolution.match(/^1×(\d+)×(\d+)×/)!.map(Number)
      expect(width / 1.5, convolution).to.be.closeTo(height, 1)
    }
  })

  it('--seconds: stays within its time, and keeps the results', async () => {
    const { convolutions, measured, seconds } = await reportOf('--seconds', '1')
    expect(seconds, 'the last piece of work may end later').to.be.within(1, 1.5)
    expect(measured).not.to.be.empty
    expect(measured.length).to.be.below(convolutions)
  })

  it('keeps the measurements so far at Ctrl-C', async () => {
    const before = process.rawListeners('SIGINT')
    const ours = () => process.rawListeners('SIGINT').filter(listener => !before.includes(listener))
    const ending = tune('--seconds', '600', '--json')
    while (ours().length === 0) await sleep(5)
    const start = clock.time
    while (clock.time < start + 500) await sleep(1)
    for (const listener of ours()) listener('SIGINT')
    const { code, stdout } = await ending
    const { convolutions, measured, file, interrupted } = JSON.parse(stdout)
    expect({ code, interrupted }).to.deep.equal({ code: 130, interrupted: 'SIGINT' })
    expect(measured.length).to.be.below(convolutions)
    if (measured.length > 0) expect(existsSync(file)).to.equal(true)
    expect(ours(), 'listeners left').to.have.length(0)
  })

  it('--forget (slow)', async () => {
    const { measured } = await reportOf('--seconds', '1')
    const other = JSON.parse(await readFile(path('cache/tuning.json'), 'utf8'))
    await writeFile(path('cache/tuning.json'), JSON.stringify({ ...other, another: { one: 'conv2d' } }))
    const { code, stdout, stderr } = await atrous('tune', '--forget')
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.equal(`${measured.length} convolutions forgotten: ${path('cache/tuning.json')}\n`)
    const left = JSON.parse(await readFile(path('cache/tuning.json'), 'utf8'))
    expect(Object.keys(left), 'of other adapters').to.deep.equal(['another'])
    const again = await atrous('tune', '--forget', '--json')
    expect(JSON.parse(again.stdout)).to.deep.equal({ forgotten: 0, file: path('cache/tuning.json') })
    expect((await atrous('doctor')).stdout).to.match(/^tuned +no: atrous tune measures/m)
  })

  it('reports the faster variants, and by how much', () => {
    const convolution = { layers: 2, untuned: 'conv2d', milliseconds: { conv2d: 3, winograd_4: 2 } } as const
    const report = {
      adapter: { vendor: 'v', architecture: 'a', description: '' },
      ...{ model: 'm', size: 33, outputStride: 8, batch: 1, seconds: 1.5, convolutions: 3, file: 'f' },
      ...{ network: { untuned: 30, tuned: 20 } },
      measured: [
        { ...convolution, convolution: 'one', fastest: 'winograd_4' },
        { ...convolution, convolution: 'two', fastest: 'conv2d' },
      ],
    } as unknown as TuneReport
    expect(tuneText(report).split('\n')).to.deep.equal([
      'm on v, a: 33 px, output stride 8, batch 1',
      '',
      'convolution  by the table  fastest     layers    ms    ms  faster %',
      'one          conv2d        winograd_4       2  3.00  2.00      50.0',
      'two          conv2d                         2  3.00',
      '',
      '2 of 3 convolutions measured in 1.50 s; more with --seconds',
      'faster than by the table: 1',
      'the whole network: 30.0 ms by the table, 20.0 ms as tuned',
      'f',
    ])
    const single = tuneText({ ...report, convolutions: 0, measured: [] })
    expect(single).to.include('\n\nthere is only one kernel for every convolution on this GPU')
  })

  it('--help fits a terminal', async () => {
    const { stdout } = await atrous('tune', '--help')
    for (const line of stdout.split('\n')) expect(line.length, line).to.be.at.most(80)
  })

  describe('bad input gives one line before anything is measured', () => {
    const options: [args: string[], complaint: string][] = [
      [
        ['--size', '0'],
        "option '--size <pixels>' argument '0' is invalid. Expected a number of pixels from 1 to 16384.",
      ],
      [['--seconds', 'many'], "option '--seconds <n>' argument 'many' is invalid."],
      [['--output-stride', '10'], '--output-stride 10: '],
      [['--model', 'deeplabv4'], 'deeplabv4: neither a file nor a folder, nor one of '],
      [['--photo', 'none.jpg'], 'none.jpg: no such file or folder'],
      [
        ['--training', '--photo', 'photo.jpg'],
        "option '--training' cannot be used with option '--photo <file>'",
      ],
      [
        ['--size', '100000'],
        "option '--size <pixels>' argument '100000' is invalid. Expected a number of pixels from 1 to 16384.",
      ],
    ]
    for (const [args, complaint] of options)
      it(args.join(' '), async () => {
        const { code, stdout, stderr } = await tune(...args)
        expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
        expect(stderr)
          .to.match(/^error: [^\n]+\n$/)
          .and.include(complaint)
        expect(existsSync(path('cache'))).to.equal(false)
      })
  })
})
