import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import type { BenchReport } from '../../src/cli/bench/bench_text.ts'
import { useEmptyCache, useTemporaryFolder } from '../node/support.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { needsFloat16 } from '../support/gpu.ts'
import { atrous, saveTinyModel } from './support.ts'

describe('atrous bench', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)

  /** A bench of a preset, small and quick. */
  const bench = (...args: string[]) =>
    atrous('bench', '--model', 'scenes', '--size', '33', '--runs', '3', ...args)

  async function reportOf(...args: string[]): Promise<BenchReport> {
    const { code, stdout, stderr } = await bench(...args, '--json')
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    return JSON.parse(stdout)
  }

  it('prints a row for each size, output stride and batch', async () => {
    const several = ['--size', '33,65', '--output-stride', '8,16', '--batch', '1,2', '--no-cold-start']
    const { code, stdout, stderr } = await bench(...several)
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    const [subject, blank, heading, ...rows] = stdout.trimEnd().split('\n')
    expect(subject).to.match(/^scenes on \w+/)
    expect(blank).to.equal('')
    expect(heading).to.match(/^photo +median ms +min +IQR +first +cold +images\/s +GFLOP\/s +GPU MB$/)
    const jobs = ['33', '65'].flatMap(size =>
      [8, 16].flatMap(stride => [1, 2].map(batch => [size, stride, batch])),
    )
    expect(rows).to.have.length(jobs.length)
    for (const [i, [size, stride, batch]] of jobs.entries())
      expect(rows[i]).to.match(
        new RegExp(`^${size} px, output stride ${stride}, batch ${batch}( +[\\d.]+){4}( +[\\d.]+){3}$`),
      )
  })

  it('--json: calls, work and memory', async () => {
    const { model, results, ceilings, ...about } = await reportOf('--batch', '1,2', '--no-cold-start')
    expect({ model, ceilings }).to.deep.equal({ model: 'scenes', ceilings: undefined })
    expect(about).to.have.all.keys('atrous', 'node', 'adapter', 'precision', 'tuned')
    const [single, double] = results
    for (const { batch, image, size, outputStride, milliseconds, ...rates } of results) {
      expect({ image, size, outputStride }).to.deep.equal({
        image: { width: 33, height: 33 },
        size: 33,
        outputStride: 16,
      })
      const { first, warm } = milliseconds
      expect(milliseconds).to.have.all.keys('first', 'warm')
      expect(warm.count).to.equal(3)
      expect(warm.minimum).to.be.above(0).and.at.most(warm.median)
      expect(warm.interquartileRange).to.be.at.least(0)
      expect(first, 'the first call also compiles').to.be.above(warm.minimum)
      expect(rates.imagesPerSecond).to.be.closeTo((1000 * batch) / warm.median, 1e-9)
      expect(rates.gflops).to.be.closeTo((2 * rates.macs) / warm.median / 1e6, 1e-9)
      const { arena, weights, peak } = rates.gpuBytes
      expect(peak).to.be.above(arena + weights)
    }
    // Only about: the kernels of convolutions may depend on the batch.
    expect(double.macs / single.macs).to.be.closeTo(2, 0.2)
    expect(double.gpuBytes.weights / single.gpuBytes.weights).to.be.closeTo(1, 0.2)
    expect(double.gpuBytes.arena).to.be.above(1.5 * single.gpuBytes.arena)
  })

  it('--precision fp16, if this GPU supports it: half the weights, also in the separate process (slow)', async function () {
    await needsFloat16.call(this)
    const { results } = await reportOf('--no-cold-start')
    const { precision, results: half } = await reportOf('--precision', 'fp16', '--profile', '--runs', '1')
    expect(precision).to.equal('fp16')
    expect(half[0].macs).to.equal(results[0].macs)
    expect(half[0].gpuBytes.weights).to.be.closeTo(results[0].gpuBytes.weights / 2, 1)
    // Winograd's intermediate results stay f32. At this size they are a large part.
    expect(half[0].gpuBytes.arena).to.be.below(0.8 * results[0].gpuBytes.arena)
    expect(half[0].milliseconds.cold!.total).to.be.above(1)
    const { stdout } = await bench('--precision', 'fp16', '--no-cold-start')
    expect(stdout).to.match(/^scenes in fp16 on /)
  })

  it('accepts a backbone, and uses the paper’s network on it (slow)', async () => {
    const { results } = await reportOf('--model', 'mobilenet_v2', '--no-cold-start')
    const { results: named } = await reportOf('--model', 'deeplabv3_mobilenet_v2', '--no-cold-start')
    expect(results[0].macs).to.equal(named[0].macs)
  })

  it('--profile and --kernels: each kernel against the adapter’s peaks (slow)', async () => {
    const { ceilings, results } = await reportOf('--profile', '--kernels', '--batch', '2', '--no-cold-start')
    expect(ceilings!.gflops).to.be.above(0.1)
    expect(ceilings!.gigabytesPerSecond).to.be.above(0.01)
    const { macs, profile, kernels } = results[0]
    const { shaders, ops } = profile!
    const sum = (values: number[]) => values.reduce((a, b) => a + b)
    for (const rows of [shaders, ops]) {
      expect(sum(rows.map(({ share }) => share))).to.be.closeTo(1, 1e-9)
      const times = rows.map(({ milliseconds }) => milliseconds)
      expect(times).to.deep.equal([...times].sort((a, b) => b - a))
    }
    expect(sum(shaders.map(({ dispatches }) => dispatches))).to.equal(ops.length)
    const convolution = ops.find(({ op }) => op === 'backbone.conv1')!
    expect(convolution.shader).to.match(/^conv2d/)
    expect(convolution).to.include.keys('gflops', 'gigabytesPerSecond', 'ofCeiling', 'boundBy')
    const { milliseconds, gflops = 0, gigabytesPerSecond, ofCeiling } = convolution
    const flops = 2 * (2 * 17 * 17 * 12) * (7 * 7 * 3)
    const bytes = 4 * (2 * 33 * 33 * 4 + 7 * 7 * 4 * 12 + 12 + 2 * 17 * 17 * 12)
    expect(gflops * milliseconds * 1e6).to.be.closeTo(flops, 1)
    expect(gigabytesPerSecond * milliseconds * 1e6, 'including the padding of three channels').to.be.closeTo(
      bytes,
      1,
    )
    expect(ofCeiling).to.be.closeTo(
      Math.max(gflops / ceilings!.gflops, gigabytesPerSecond / ceilings!.gigabytesPerSecond),
      1e-9,
    )
    const work = ops.map(({ gflops = 0, milliseconds }) => gflops * milliseconds * 1e6)
    expect(sum(work)).to.be.closeTo(2 * macs, 1)
    expect(sum(kernels!.map(({ uses }) => uses))).to.equal(ops.length)
    expect(kernels!.length, 'identical kernels are timed once').to.be.below(ops.length)
    expect(kernels!.find(({ op }) => op === 'backbone.conv1')!.output).to.deep.equal([2, 17, 17, 12])
  })

  it('a cold start of a new process, from its start to its first mask (slow)', async () => {
    const { TMPDIR } = process.env
    process.env.TMPDIR = path('.')
    const { results } = await reportOf('--runs', '1').finally(() => {
      if (TMPDIR === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = TMPDIR
    })
    const { modules, model, mask, total } = results[0].milliseconds.cold!
    expect(modules + model + mask).to.be.closeTo(total, 1e-6)
    for (const stage of [modules, model, mask]) expect(stage).to.be.above(1)
    expect(total).to.be.above(results[0].milliseconds.warm.median)
    const left = (await readdir(path('.'))).filter(name => name.startsWith('atrous'))
    expect(left, 'temporary files').to.deep.equal([])
  })

  it('a trained model and a photo, with all tables and a chart (slow)', async () => {
    await saveTinyModel(path('model'))
    await sharp(blocksPhoto(90, 60).data, { raw: { width: 90, height: 60, channels: 4 } }).toFile(
      path('photo.png'),
    )
    const given = ['--model', path('model'), '--photo', path('photo.png'), '--size', '45', '--runs', '1']
    const { code, stdout, stderr } = await atrous(
      'bench',
      ...given,
      '--profile',
      '--kernels',
      '--out',
      path('out'),
    )
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    const job = '45 px, output stride 16, batch 1'
    expect(stdout)
      .to.match(/^peaks: [\d.]+ GFLOP\/s of multiply-adds in registers, [\d.]+ GB\/s of a copy$/m)
      .and.match(new RegExp(`^${job}( +[\\d.]+){8}$`, 'm'))
      .and.match(new RegExp(`^Each kernel in the network, ${job}\n\nkernel +dispatches +ms +share %`, 'm'))
      .and.match(new RegExp(`^Each kernel by itself, ${job}\n\nop +kernel +output +uses +median ms`, 'm'))
      .and.match(/^image +preprocess +1×30×45×3 +1 /m)
      .and.include(`\n\n${path('out/bench.svg')}\n`)
    const svg = await readFile(path('out/bench.svg'))
    expect(await sharp(svg).metadata()).to.include({ format: 'svg', width: 960 })
    const texts = [...svg.toString().matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)
    expect(texts).to.include.members([path('model'), job, 'preprocess', 'upsample_argmax'])
    expect(texts.some(text => /^[\d.]+ ms · minimum [\d.]+ · [\d.]+ images\/s$/.test(text))).to.equal(true)
    expect(texts.some(text => /^[\d.]+ ms = [\d.]+ \+ [\d.]+ \+ [\d.]+$/.test(text))).to.equal(true)
    expect(
      texts.some(text => /^[\d.]+ % · [\d.]+ G(FLOP|B)\/s · [\d.]+ % of the ceiling$/.test(text)),
    ).to.equal(true)
  })

  describe('bad input gives one line before anything is timed', () => {
    const options: [args: string[], complaint: string][] = [
      [
        ['--size', '33,0'],
        "option '--size <pixels>' argument '33,0' is invalid. Expected a number of pixels from 1 to 16384.",
      ],
      [['--batch', 'two'], "option '--batch <n>' argument 'two' is invalid."],
      [['--output-stride', '8,10'], '--output-stride 10: scenes runs at 8, 16, 32'],
      [['--model', 'deeplabv4'], 'deeplabv4: neither a file nor a folder, nor one of scenes, '],
      [['--photo', 'none.jpg'], 'none.jpg: no such file or folder'],
      [
        ['--size', '33,16385'],
        "option '--size <pixels>' argument '33,16385' is invalid. Expected a number of pixels from 1 to 16384.",
      ],
      [['--out', 'package.json'], 'package.json: part of this path is a file, not a folder'],
    ]
    for (const [args, complaint] of options)
      it(args.join(' '), async () => {
        const { code, stdout, stderr } = await bench(...args)
        expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
        expect(stderr)
          .to.match(/^error: [^\n]+\n$/)
          .and.include(complaint)
        expect(existsSync(path('out'))).to.equal(false)
      })
  })
})
