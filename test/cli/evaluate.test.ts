import { copyFile, mkdir, rm, truncate } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { sharedFile, useEmptyCache, useTemporaryFolder } from '../node/support.ts'
import { writeBinary, writeLabels, writeText, writeVoc } from '../node/tiny_dataset.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { atrous, saveTinyModel, spawnAtrous } from './support.ts'

const CLASSES = ['sky', 'road', 'car', 'tree', 'pole']

describe('atrous evaluate', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)
  const command = () => [
    'evaluate',
    '--dataset',
    `voc:${path('voc')}`,
    '--model',
    path('model'),
    '--size',
    '33',
  ]

  beforeEach(async () => {
    await saveTinyModel(path('model'))
    await writeVoc(path('voc'), ['a', 'b', 'c'], CLASSES)
  })

  it('prints a table and ends', async () => {
    const { code, stdout, stderr } = await spawnAtrous(command())
    const warning = `warning: voc:${path('voc')}, split val: no pixel of tree, pole\n`
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: warning })
    const lines = stdout.split('\n')
    expect(lines[0]).to.equal('class  IoU')
    for (const [id, name] of CLASSES.entries())
      expect(lines[id + 1]).to.match(new RegExp(`^${name} +([\\d.]+ %|–)$`))
    expect(lines.slice(6).join('\n')).to.match(
      /^\nmean IoU +[\d.]+ %.*\npixel accuracy +[\d.]+ %\nimages +3, in [\d.]+ s\n$/,
    )
  })

  it('--crf', async () => {
    const confusion = await confusionOfBlocks()
    const plain = await confusion()
    expect(plain[0].filter((count: number) => count > 0).length).to.be.above(1)
    expect(await confusion('--crf')).to.not.deep.equal(plain)
  })

  it('--tile', async () => {
    const confusion = await confusionOfBlocks()
    expect(await confusion('--tile', '40')).to.not.deep.equal(await confusion())
  })

  it('--upsampling', async () => {
    const confusion = await confusionOfBlocks()
    const plain = await confusion()
    expect(await confusion('--upsampling', 'half-pixels')).to.deep.equal(plain)
    expect(await confusion('--upsampling', 'aligned-corners')).to.not.deep.equal(plain)
  })

  /** Evaluates a photo, with labels, in which the untrained network sees more than one class. */
  async function confusionOfBlocks() {
    const { width, height, data } = blocksPhoto(90, 70)
    const photo = sharp(data, { raw: { width, height, channels: 4 } }).removeAlpha()
    await photo.toFile(path('voc/JPEGImages/a.jpg'))
    await writeLabels(path('voc/SegmentationClass/a.png'), width, height, 0)
    return async (...args: string[]) => {
      const { stdout } = await atrous(...command(), '--size', '65', '--limit', '1', '--json', ...args)
      return JSON.parse(stdout).confusion
    }
  }

  it('--json, --limit and several views', async () => {
    const { code, stdout } = await atrous(
      ...command(),
      '--json',
      '--limit',
      '2',
      '--flip',
      '--scales',
      '1,1.5',
    )
    expect(code).to.equal(0)
    const found = JSON.parse(stdout)
    expect(found).to.have.all.keys(
      ...['mIoU', 'pixelAccuracy', 'leftOut', 'onlyPredicted', 'classes', 'confusion', 'images'],
      'milliseconds',
    )
    expect(found.images).to.equal(2)
    expect(found.confusion.flat().reduce((a: number, b: number) => a + b)).to.equal(2 * 12 * 10)
    const shown = found.classes.map(({ name }: { name: string }) => name)
    expect(shown).to.deep.equal(CLASSES)
  })

  it('stops before it computes if images have problems, with a line for each', async () => {
    await rm(path('voc/SegmentationClass/a.png'))
    await writeLabels(path('voc/SegmentationClass/c.png'), 12, 10, 5)
    const problems = [
      `${path('voc/SegmentationClass/a.png')}: no such file or folder`,
      'c: holds class 5, but the last of the 5 classes is 4',
    ]
    const stopped = await atrous(...command().with(4, path('no model')))
    expect(stopped.code).to.equal(1)
    expect(stopped.stdout).to.equal('')
    expect(stopped.stderr.split('\n')).to.deep.equal([
      ...problems.map(problem => `error: ${problem}`),
      'error: --skip-bad leaves them out',
      '',
    ])

    const skipped = await atrous(...command(), '--skip-bad', '--json')
    expect(skipped.code).to.equal(0)
    const missing = `voc:${path('voc')}, split val: no pixel of sky, car, tree, pole`
    expect(skipped.stderr).to.equal([...problems, missing].map(line => `warning: ${line}\n`).join(''))
    expect(JSON.parse(skipped.stdout).images).to.equal(1)
  })

  it('says which classes are in the mean if only background occurs', async () => {
    await writeVoc(path('voc'), ['a', 'b'], ['sky'])
    await writeText(path('voc/classes.txt'), ...CLASSES)
    const { stdout, stderr } = await atrous(...command())
    expect(stderr).to.match(/^warning: .*: no pixel of road, car, tree, pole\n$/)
    const [line] = /^mean IoU.*$/m.exec(stdout)!
    const found =
      /^mean IoU +[\d.]+ %(?: over (\d) of 5 classes; no pixel of (.*?))?(?:; predicted but in no labels, IoU 0: (.*))?$/.exec(
        line,
      )!
    const [, count = 5, leftOut, predicted] = found
    const others = [leftOut, predicted].flatMap(names => names?.split(', ') ?? [])
    expect(others.sort()).to.deep.equal(['car', 'pole', 'road', 'tree'])
    expect(Number(count)).to.equal(1 + (predicted?.split(', ').length ?? 0))
  })

  it('refuses masks of 0 and 255, with advice', async () => {
    await writeBinary(path('binary'))
    const dataset = ['--dataset', `folder:${path('binary')}`]
    for (const more of [[], ['--skip-bad']]) {
      const { code, stdout, stderr } = await atrous('evaluate', ...dataset, '--model', path('model'), ...more)
      expect(stderr).to.equal(
        `error: folder:${path('binary')}, split val: the masks hold only the values 0 and 255, and 255 means "not labelled": ` +
          'all that is labelled is background. Where 255 stands for mug, write its class id, 1, instead; ' +
          'docs/fine-tuning.md has a script for that\n',
      )
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    }
  })

  it('reports a damaged photo before it computes, or leaves it out', async () => {
    await truncate(path('voc/JPEGImages/b.jpg'), 300)
    const stopped = await atrous(...command().with(4, path('no model')))
    expect(stopped.stderr).to.match(
      /^error: \S+b\.jpg: damaged or cut short .*\nerror: --skip-bad leaves them out\n$/,
    )
    const skipped = await atrous(...command(), '--skip-bad', '--json')
    expect(JSON.parse(skipped.stdout).images).to.equal(2)
  })

  it('lists the first twenty of many problems', async () => {
    const ids = ['a', ...Array.from({ length: 25 }, (_, i) => `odd_${i}`)]
    await writeVoc(path('voc'), ids, CLASSES)
    for (const [i, id] of ids.entries())
      if (i > 0) await writeLabels(path(`voc/SegmentationClass/${id}.png`), 12, 10, 4 + i)
    const { stderr } = await atrous(...command())
    expect(stderr.split('\n').slice(19)).to.deep.equal([
      'error: odd_19: holds class 24, but the last of the 5 classes is 4',
      'error: 5 more such problems',
      'error: --skip-bad leaves them out',
      '',
    ])
  })

  it('has one line for a problem of many images, and no advice to leave out all', async () => {
    const ids = Array.from({ length: 25 }, (_, i) => `rgb_${i}`)
    await writeVoc(path('voc'), ids, CLASSES)
    const { data, info } = await sharp(path('voc/JPEGImages/rgb_0.jpg'))
      .raw()
      .toBuffer({ resolveWithObject: true })
    for (const id of ids)
      await sharp(data, { raw: { ...info, channels: 3 } }).toFile(path(`voc/SegmentationClass/${id}.png`))
    const { code, stderr } = await atrous(...command())
    expect({ code, stderr }).to.deep.equal({
      code: 1,
      stderr: `error: ${path('voc/SegmentationClass/rgb_0.png')}: a mask is a palette or greyscale PNG of up to 8 bits, this one has 3×8 bits a pixel; \`atrous masks\` converts colours that stand for classes by a table of them (and the same of 24 others)\n`,
    })
  })

  const refusals: [
    what: string,
    change: () => Promise<void> | undefined,
    args: string[],
    complaint: RegExp,
  ][] = [
    [
      'a model of other classes',
      () => writeText(path('voc/classes.txt'), ...CLASSES.slice(0, 4)),
      [],
      /^error: the model has 5 classes \(class 0, class 1, class 2, …\), the dataset 4 \(sky, road, car, …\)\n$/,
    ],
    [
      'a missing split',
      () => undefined,
      ['--split', 'test'],
      /^error: [^\n]*no split "test"; there is val\n$/,
    ],
    [
      'an output stride',
      () => undefined,
      ['--output-stride', '12'],
      /^error: --output-stride 12: [^\n]* runs at 8, 16, 32\n$/,
    ],
    [
      'a limit',
      () => undefined,
      ['--limit', '0'],
      /^error: option '--limit <n>' [^\n]* Expected a whole number above 0\.\n$/,
    ],
  ]
  for (const [what, change, args, complaint] of refusals)
    it(`refuses ${what}`, async () => {
      await change()
      const { code, stdout, stderr } = await atrous(...command(), ...args)
      expect(stderr.replace(/^warning: .*\n/gm, '')).to.match(complaint)
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    })

  it('scores Google’s checkpoint on the bird like the reference, and a CRF behind it better (slow)', async function () {
    const model = sharedFile(this, 'checkpoints/deeplabv3_mobilenet_v2_1.0_513')
    const photos = sharedFile(this, 'photos')
    await writeText(path('bird/ImageSets/Segmentation/val.txt'), 'bird')
    await mkdir(path('bird/JPEGImages'))
    await mkdir(path('bird/SegmentationClass'))
    await copyFile(`${photos}/bird.png`, path('bird/JPEGImages/bird.png'))
    await copyFile(`${photos}/bird.mask.png`, path('bird/SegmentationClass/bird.png'))
    const birdIoU = async (...crf: string[]) => {
      // The reference's convention. By default these weights align corners.
      const upsampling = ['--upsampling', 'half-pixels']
      const args = ['--dataset', `voc:${path('bird')}`, '--model', model, '--json', ...upsampling, ...crf]
      const { classes } = JSON.parse((await atrous('evaluate', ...args)).stdout)
      expect(classes[3].name).to.equal('bird')
      return classes[3].iou
    }
    expect(await birdIoU()).to.be.closeTo(0.906, 0.001)
    expect(await birdIoU('--crf', 'v2')).to.be.closeTo(0.931, 0.002)
    expect(await birdIoU('--crf')).to.be.closeTo(0.964, 0.002)
  })
})
