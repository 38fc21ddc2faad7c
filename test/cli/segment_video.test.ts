// `atrous segment VIDEO`, with programs in place of ffmpeg, and with ffmpeg itself where it is installed.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { videoFrames } from '../../src/cli/segment/video/video_frames.ts'
import { UserError } from '../../src/errors.ts'
import { readMaskPng } from '../../src/node/images/mask_png.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { rejects } from '../support/rejects.ts'
import { skip } from '../support/skip.ts'
import { PROBE, withPrograms } from './fake_ffmpeg.ts'
import { atrous, type Ended, saveTinyModel } from './support.ts'

const path = useTemporaryFolder()

/** Segments by a tiny network into `out`. */
const segment = (video: string, ...more: string[]): Promise<Ended> =>
  atrous('segment', video, '--model', path('model'), '--size', '33', '--out', path('out'), ...more)

const THREE = 'for (const shade of [0, 5, 10]) process.stdout.write(pam(shade))'

describe('atrous segment VIDEO', () => {
  before(function () {
    if (process.platform === 'win32') skip(this, 'the programs in place of ffmpeg are scripts')
  })
  beforeEach(() => saveTinyModel(path('model')))

  it('writes a mask of each frame in order, and says how many', async () => {
    const programs = { ffprobe: PROBE, ffmpeg: `log(JSON.stringify(args)); ${THREE}` }
    const name = path('a $(touch x) clip.mp4') // which a shell would take otherwise
    const { code, stdout, stderr } = await withPrograms(path('bin'), programs, () => segment(name, '--json'))
    expect(code, stderr).to.equal(0)
    const [result] = JSON.parse(stdout)
    expect(result).to.include({ file: name, width: 32, height: 24, frames: 3, flicker: 0 })
    expect(result.output).to.equal(path('out/frame-*.mask.png'))
    expect((await readdir(path('out'))).sort()).to.deep.equal(
      [1, 2, 3].map(number => `frame-00000${number}.mask.png`),
    )
    const { width, height } = await readMaskPng(path('out/frame-000003.mask.png'))
    expect({ width, height }).to.deep.equal({ width: 32, height: 24 })
    const args = JSON.parse(await readFile(path('bin/log'), 'utf8'))
    expect(args[args.indexOf('-i') + 1]).to.equal(`file:${name}`)
  })

  it('says in one line what is missing or wrong', async () => {
    const cases: [message: RegExp, programs: Parameters<typeof withPrograms>[1], args?: string[]][] = [
      [/clip\.mp4: a video needs ffprobe on the PATH, and there is none: install ffmpeg/, {}],
      [/clip\.mp4: a video needs ffmpeg on the PATH/, { ffprobe: PROBE }],
      [
        /clip\.mp4: ffprobe cannot read it \(no moov\)/,
        { ffprobe: `console.error('no moov'); process.exit(1)` },
      ],
      [/clip\.mp4: there is no video in this file/, { ffprobe: `console.log('{"streams":[]}')` }],
      [/clip\.mp4: there is no frame in this video/, { ffprobe: PROBE, ffmpeg: '' }],
      [
        /clip\.mp4: ffmpeg cannot read it \(bad NAL\), after 3 frames: it is damaged or cut off/,
        { ffprobe: PROBE, ffmpeg: `${THREE}; console.error('[h264 @ 0x1] bad NAL'); process.exitCode = 1` },
      ],
      [
        /clip\.mp4: the file ends before the video, after 3 frames/,
        { ffprobe: PROBE, ffmpeg: `${THREE}; console.error('File ended prematurely')` },
      ],
      [
        /clip\.mp4: ffmpeg ended within a frame, after 3 frames/,
        { ffprobe: PROBE, ffmpeg: `${THREE}; process.stdout.write(pam(1).subarray(0, 500))` },
      ],
      [/--crf: not for a video/, {}, ['--crf']],
      [/a video is segmented alone/, {}, [path('other.mp4')]],
    ]
    for (const [message, programs, args = []] of cases) {
      const { code, stderr } = await withPrograms(path(`bin ${message.source.length}`), programs, () =>
        segment(path('clip.mp4'), ...args),
      )
      expect(code).to.equal(1)
      expect(stderr.trim().split('\n').at(-1)).to.match(message)
    }
    const { stderr } = await segment(path('photo.jpg'), '--smoothing')
    expect(stderr).to.match(/--smoothing: expected a video/)
    expect((await segment(path('clip.mp4'), '--smoothing', '1')).stderr).to.match(
      /a number from 0 to below 1/,
    )
  })

  it('replaces its own masks, and no other file of that name', async () => {
    const programs = { ffprobe: PROBE, ffmpeg: THREE }
    const run = (...more: string[]) =>
      withPrograms(path('bin'), programs, () => segment(path('clip.mp4'), ...more))
    for (let i = 0; i < 2; i++) expect((await run()).code).to.equal(0)
    await writeFile(path('out/frame-000002.mask.png'), 'mine')
    const { code, stderr } = await run()
    expect(code).to.equal(1)
    expect(stderr).to.match(/frame-000002\.mask\.png exists and is not an unchanged result/)
    expect(await readFile(path('out/frame-000002.mask.png'), 'utf8')).to.equal('mine')
    expect((await run('--overwrite')).code).to.equal(0)
  })

  it('has few frames in memory: ffmpeg waits', async () => {
    const ffmpeg = `
let count = 0
const more = () => { while (count < 2000 && process.stdout.write(pam(count % 256))) count++; log(count); if (count++ < 2000) process.stdout.once('drain', more) }
more()`
    const frames = () => videoFrames('clip.mp4', { rate: '10/1' })
    await withPrograms(path('bin'), { ffmpeg }, async () => {
      let seen = 0
      for await (const { data } of frames()) {
        expect(data[0]).to.equal(seen++ % 256)
        if (seen === 20) {
          await sleep(300)
          break
        }
      }
      const written = Number((await readFile(path('bin/log'), 'utf8')).trim().split('\n').at(-1))
      expect(written).to.be.below(500)
    })
  })

  it('ends on a signal, with what is written whole', async () => {
    const ffmpeg = 'setInterval(() => process.stdout.write(pam(9)), 20)'
    const [ended] = await withPrograms(path('bin'), { ffprobe: PROBE, ffmpeg }, () =>
      Promise.all([
        segment(path('clip.mp4')),
        (async () => {
          while (!existsSync(path('out/frame-000003.mask.png'))) await sleep(20)
          process.rawListeners('SIGINT').at(-1)!('SIGINT')
        })(),
      ]),
    )
    expect(ended.code).to.equal(130)
    expect(ended.stderr).to.match(/interrupted by SIGINT: \d+ frames segmented/)
    for (const name of await readdir(path('out'))) expect(name).to.match(/^frame-\d{6}\.mask\.png$/)
  })

  it('ends ffmpeg with the loop over its frames', async () => {
    const ffmpeg = 'log(process.pid); setInterval(() => process.stdout.write(pam(9)), 5)'
    await withPrograms(path('bin'), { ffmpeg }, async () => {
      for await (const _ of videoFrames('clip.mp4', { rate: '10/1' })) break
      const pid = Number(await readFile(path('bin/log'), 'utf8'))
      const isAlive = () => {
        try {
          return process.kill(pid, 0)
        } catch {
          return false
        }
      }
      while (isAlive()) await sleep(10)
      const ends = new AbortController()
      const error = await rejects(UserError, async () => {
        for await (const _ of videoFrames('clip.mp4', { rate: '10/1', signal: ends.signal }))
          ends.abort(new UserError('enough'))
      })
      expect(error.message).to.match(/^enough/)
    })
  })
})

describe('atrous segment VIDEO with ffmpeg', () => {
  /** Runs ffmpeg on a drawn clip of 20 frames, 80×60. */
  const make = (name: string, ...args: string[]) => {
    const source = ['-f', 'lavfi', '-i', 'testsrc=size=80x60:rate=10:duration=2']
    const { status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...source, ...args, path(name)])
    expect(status, String(stderr)).to.equal(0)
  }
  const probe = (name: string) => {
    const entries = ['-show_entries', 'stream=codec_type,width,height,nb_frames', '-of', 'csv=p=0']
    return String(spawnSync('ffprobe', ['-v', 'error', ...entries, path(name)]).stdout).trim()
  }
  before(function () {
    if (spawnSync('ffmpeg', ['-version']).status !== 0) skip(this, 'there is no ffmpeg')
  })
  beforeEach(() => saveTinyModel(path('model')))

  it('takes MP4, MKV, WebM, and GIF with --smoothing, and calms their masks', async () => {
    for (const name of ['clip.mp4', 'clip.mkv', 'clip.webm', 'clip.gif']) {
      make(name, '-vf', 'noise=alls=30:allf=t')
      const flickers: number[] = []
      for (const smoothing of ['0', '0.8']) {
        const { code, stdout, stderr } = await segment(path(name), '--json', '--smoothing', smoothing)
        expect(code, stderr).to.equal(0)
        const [{ frames, flicker }] = JSON.parse(stdout)
        expect(frames, name).to.equal(20)
        flickers.push(flicker)
      }
      expect(flickers[1], name).to.be.below(flickers[0])
    }
    expect(await readdir(path('out'))).to.have.length(20)
  })

  it('writes an overlay video without sound, upright, and replaces none', async () => {
    make('sound.mp4', '-f', 'lavfi', '-i', 'sine=duration=2', '-metadata:s:v', 'rotate=90')
    const run = () => segment(path('sound.mp4'), '--out', path('sound.overlay.mp4'))
    const { code, stdout, stderr } = await run()
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/sound\.mp4: 20 frames of \d+×\d+, flicker .* → .*sound\.overlay\.mp4/)
    const [, size] = /frames of (\d+×\d+)/.exec(stdout)!
    expect(probe('sound.overlay.mp4')).to.equal(`video,${size.replace('×', ',')},20`)
    expect((await run()).stderr).to.match(/sound\.overlay\.mp4 exists: --overwrite replaces it/)
  })

  it('leaves no overlay of a video that is cut off', async () => {
    make('clip.mp4', '-movflags', '+faststart')
    await truncate(path('clip.mp4'), Math.floor((await stat(path('clip.mp4'))).size * 0.6))
    const { code, stderr } = await segment(path('clip.mp4'), '--out', path('cut.mp4'))
    expect(code).to.equal(1)
    expect(stderr).to.match(/clip\.mp4: ffmpeg cannot read it \(.*\)/)
    expect(await readdir(path('.'))).to.have.members(['clip.mp4', 'model'])
  })
})
