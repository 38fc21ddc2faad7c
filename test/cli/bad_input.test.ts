import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import sharp from 'sharp'
import { useTemporaryFolder } from '../node/support.ts'
import { atrous, type Ended, saveTinyModel, spawnAtrous, WITHOUT_DRIVERS } from './support.ts'

/** Random pixels: a flat colour would compress so well that nothing could be cut off. */
const NOISE = { type: 'gaussian', mean: 128, sigma: 30 } as const

const golden = (name: string) => fileURLToPath(new URL(`../weights/golden/${name}`, import.meta.url))

describe('atrous: bad input gives one line and exit code 1', () => {
  const path = useTemporaryFolder()

  function expectRefusal({ code, stdout, stderr }: Ended, complaint: string | RegExp) {
    expect(stderr).to.match(/^error: [^\n]+\n$/)
    if (typeof complaint === 'string') expect(stderr).to.include(complaint)
    else expect(stderr).to.match(complaint)
    expect(stdout).to.equal('')
    expect(code).to.equal(1)
    expect(existsSync(path('out')), 'the output folder').to.equal(false)
  }

  const photo = { create: { width: 64, height: 48, channels: 3, background: 'red', noise: NOISE } } as const

  describe('photos', () => {
    const segment = (file: string) => atrous('segment', file, '--out', path('out'))

    it('missing', async () => {
      expectRefusal(await segment(path('none.jpg')), `${path('none.jpg')}: no such file or folder`)
    })

    it('a folder without images', async () => {
      await writeFile(path('notes.txt'), 'Dear diary,')
      expectRefusal(await segment(path('.')), /: no JPEG, PNG, .* file in this folder$/m)
    })

    it('a pattern that matches no image', async () => {
      await writeFile(path('notes.txt'), 'Dear diary,')
      expectRefusal(
        await segment(path('*')),
        `${path('*')}: no such file, and as a pattern it matches no image`,
      )
    })

    it('empty', async () => {
      await writeFile(path('empty.jpg'), '')
      expectRefusal(await segment(path('empty.jpg')), `${path('empty.jpg')}: the file is empty`)
    })

    it('not an image', async () => {
      await writeFile(path('notes.jpg'), 'Dear diary,')
      expectRefusal(await segment(path('notes.jpg')), 'not a JPEG, PNG, WebP, AVIF, TIFF or GIF image')
    })

    it('of 20 000 × 20 000 pixels', async () => {
      const jpeg = await sharp(photo).jpeg().toBuffer()
      const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0))
      jpeg.writeUInt16BE(20_000, frame + 5)
      jpeg.writeUInt16BE(20_000, frame + 7)
      await writeFile(path('huge.jpg'), jpeg)
      expectRefusal(await segment(path('huge.jpg')), 'huge.jpg: 20000×20000 pixels is over the limit')
    })

    for (const format of ['png', 'jpeg'] as const)
      it(`a ${format} cut short`, async () => {
        await saveTinyModel(path('model'))
        const bytes = await sharp(photo).toFormat(format).toBuffer()
        await writeFile(path('cut'), bytes.subarray(0, bytes.length * 0.6))
        const ended = await atrous('segment', path('cut'), '--out', path('out'), '--model', path('model'))
        expectRefusal(ended, `${path('cut')}: damaged or cut short`)
      })
  })

  describe('checkpoints', () => {
    /** The photo is good. Nothing may be computed before the checkpoint is checked. */
    async function segment(checkpoint: string) {
      await sharp(photo).toFile(path('photo.png'))
      return atrous('segment', path('photo.png'), '--out', path('out'), '--model', checkpoint)
    }

    async function refuses(name: string, content: Uint8Array | string, complaint: string) {
      await writeFile(path(name), content)
      expectRefusal(await segment(path(name)), `${path(name)}: ${complaint}`)
      expectRefusal(await atrous('weights', 'inspect', path(name)), `${path(name)}: ${complaint}`)
      const converted = path('converted.safetensors')
      expectRefusal(await atrous('weights', 'convert', path(name), converted), `${path(name)}: ${complaint}`)
      expect(existsSync(converted)).to.equal(false)
    }

    it('empty', () => refuses('model.pth', '', 'the file is empty (0 bytes)'))

    it('a web page', () => refuses('model.pth', '<!doctype html>', 'a web page, not a checkpoint'))

    it('offsets that overlap', () =>
      refuses(
        'model.safetensors',
        safetensors({ a: tensor(0, 8), b: tensor(4, 12) }, 12),
        'safetensors: tensor "b" overlaps',
      ))

    it('offsets beyond the file', () =>
      refuses(
        'model.safetensors',
        safetensors({ a: tensor(0, 8) }, 4),
        'safetensors: tensor "a" ends at byte 8 of 4',
      ))

    it('a header of 2 GB', () =>
      refuses(
        'model.safetensors',
        safetensors({}, 0, 2_000_000_000),
        'safetensors: a header of 2000000000 bytes is over the limit',
      ))

    for (const name of ['malicious_zip.pth', 'malicious_legacy.pth'])
      it(`a pickle that runs a command (${name})`, async () => {
        expectRefusal(await segment(golden(name)), /system/)
        expect(existsSync('THE_MALICIOUS_CHECKPOINT_RAN')).to.equal(false)
      })

    it('of another network', async () => {
      expectRefusal(await segment(golden('zip.pth')), 'is a checkpoint of another network')
    })

    it('an unknown name', async () => {
      expectRefusal(
        await segment('deeplabv4'),
        'deeplabv4: neither a file nor a folder, nor one of scenes, deeplabv3_',
      )
      expectRefusal(await atrous('weights', 'pull', 'deeplabv4'), 'deeplabv4: neither')
    })

    const convert = (...args: string[]) => atrous('weights', 'convert', ...args)

    it('convert to anything but safetensors and ONNX', async () => {
      expectRefusal(
        await convert(golden('zip.pth'), path('model.pth')),
        'only .safetensors and .onnx can be written',
      )
    })

    it('convert an unknown network to ONNX', async () => {
      expectRefusal(
        await convert(golden('zip.pth'), path('out/model.onnx')),
        'a checkpoint of another network',
      )
    })

    it('convert with options that do not apply', async () => {
      await saveTinyModel(path('model'))
      const onnx = [path('model'), path('out/model.onnx')]
      expectRefusal(
        await convert(...onnx, '--output-stride', '7'),
        `--output-stride 7: ${path('model')} runs at 8, 16, 32`,
      )
      for (const size of ['0', '3x', '4x5x6', 'large'])
        expectRefusal(await convert(...onnx, '--size', size), 'Expected pixels, such as 513')
      const safetensors = [path('model/model.safetensors'), path('out/model.safetensors')]
      expectRefusal(await convert(...safetensors, '--size', '513'), 'are for .onnx files')
    })
  })

  describe('options', () => {
    const options: [args: string[], complaint: string][] = [
      [['--scales', '0.5,huge'], "option '--scales <factors>' argument '0.5,huge' is invalid"],
      [['--scales', '1,,2'], 'Expected up to 32 factors above 0, at most 4, such as 0.5,1,1.5.'],
      [['--scales', '0'], 'Expected up to 32 factors above 0'],
      [['--scales', '-1,1'], 'Expected up to 32 factors above 0'],
      [['--size', '12.5'], 'Expected a number of pixels from 1 to 16384.'],
      [['--size', '0'], 'Expected a number of pixels from 1 to 16384.'],
      [['--size', '16385'], 'Expected a number of pixels from 1 to 16384.'],
      [['--output-stride', 'eight'], 'Expected a whole number above 0'],
      [['--crf', 'v3'], 'Expected default, v1, v2, v2-vgg, or five numbers: pos_w,pos_xy,bi_w,bi_xy,bi_rgb.'],
      [['--crf', '3,1,4,67'], 'Expected default, v1, v2, v2-vgg, or five numbers'],
      [['--crf', '3,0,4,67,3'], 'crf: posXy: expected a number above 0, at most 1000000, got 0'],
      [['--precision', 'fp8'], 'Allowed choices are fp32, fp16.'],
      [['--merge', 'max', '--flip'], '--flip: expected false where scales are merged by max, got true'],
      [['--json', '--explain'], "option '--explain' cannot be used with option '--json'"],
    ]
    for (const [args, complaint] of options)
      it(args.join(' '), async () => {
        expectRefusal(await atrous('segment', path('photo.png'), '--out', path('out'), ...args), complaint)
      })

    it('an output stride that the model cannot reach', async () => {
      await saveTinyModel(path('model'))
      await sharp(photo).toFile(path('photo.png'))
      const args = ['--out', path('out'), '--model', path('model'), '--output-stride', '10']
      expectRefusal(
        await atrous('segment', path('photo.png'), ...args),
        `--output-stride 10: ${path('model')} runs at 8, 16, 32`,
      )
    })

    it('an output folder that is a file, or under one', async () => {
      await sharp(photo).toFile(path('photo.png'))
      for (const folder of [path('photo.png'), path('photo.png/out')])
        expectRefusal(await atrous('segment', path('photo.png'), '--out', folder), `${folder}: `)
    })

    it('no photo at all, an unknown option, an unknown command', async () => {
      expectRefusal(
        await atrous('segment'),
        'expected photos: files, folders, patterns or archives, or --list',
      )
      for (const [args, suggestion] of [
        [['segment', path('photo.png'), '--flop'], '(Did you mean --flip?)'],
        [['segmnt'], '(Did you mean segment?)'],
      ] as const) {
        const { code, stdout, stderr } = await atrous(...args)
        expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
        expect(stderr)
          .to.match(/^error: unknown (option|command)/)
          .and.to.include(suggestion)
      }
    })
  })

  it('no GPU', async () => {
    await saveTinyModel(path('model'))
    await sharp(photo).toFile(path('photo.png'))
    const args = ['segment', path('photo.png'), '--out', path('out'), '--model', path('model')]
    expectRefusal(
      await spawnAtrous(args, { env: WITHOUT_DRIVERS }),
      'no GPU adapter: `atrous doctor` says what',
    )
  })

  it('a bad photo among good ones gives exit code 2: the good ones are segmented', async () => {
    await saveTinyModel(path('model'))
    await mkdir(path('elsewhere'))
    for (const name of ['photo.png', 'elsewhere/photo.png']) await sharp(photo).toFile(path(name))
    const cut = (await sharp(photo).png().toBuffer()).subarray(0, 3000)
    await writeFile(path('cut.png'), cut)
    const files = ['none.png', 'photo.png', 'cut.png', 'elsewhere/photo.png'].map(path)
    const ended = await atrous('segment', ...files, '--out', path('out'), '--model', path('model'))
    expect(ended.code).to.equal(2)
    const [missing, damaged, ...rest] = ended.stderr.split('\n')
    expect(missing).to.equal(`error: ${path('none.png')}: no such file or folder`)
    expect(damaged).to.include(`error: ${path('cut.png')}: damaged or cut short`)
    expect(rest).to.deep.equal([''])
    expect(ended.stdout.trim().split('\n')).to.have.length(2)
    for (const name of ['photo', 'photo-2'])
      expect(existsSync(path(`out/${name}.mask.png`)), name).to.equal(true)
    expect(existsSync(path('out/cut.mask.png'))).to.equal(false)
  })
})

const tensor = (begin: number, end: number) => ({
  dtype: 'F32',
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
})

/** A safetensors file with any header, and any stated length of the header. */
function safetensors(header: object, dataLength: number, claim?: number): Uint8Array {
  const json = Buffer.from(JSON.stringify(header))
  const file = Buffer.alloc(8 + json.length + dataLength)
  file.writeBigUInt64LE(BigInt(claim ?? json.length))
  json.copy(file, 8)
  return file
}
