import { expect } from 'chai'
import sharp from 'sharp'
import { COLOUR, drawCurves } from '../../src/cli/train/train_curves.ts'

/** A run with a loss that falls from 2 to 1, except a much larger first value. */
function run(count: number, { scores = [] as number[], title = 'run' } = {}) {
  const steps = Array.from({ length: count }, (_, i) => ({
    step: i + 1,
    loss: i === 0 ? 100 : 2 - i / count,
    learningRate: 0.007 * (1 - i / count),
    imagesPerSecond: 3,
  }))
  const validations = scores.map((mIoU, i) => ({
    step: ((i + 1) * count) / scores.length,
    mIoU,
    pixelAccuracy: 0.9,
  }))
  return drawCurves({ title, subtitle: 'folder:mine', steps, validations })
}

const textsOf = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)

const lineOf = (svg: string, colour: string) =>
  new RegExp(`<path d="M([^"]*)" fill="none"[^>]* stroke="${colour}"`)
    .exec(svg)![1]
    .split('L')
    .map(point => point.split(' ').map(Number))

describe('drawCurves', () => {
  it('marks the best mean IoU', () => {
    const svg = run(100, { scores: [0.3, 0.612, 0.55, null as never, 0.612] })
    expect(textsOf(svg)).to.include('best: 61.2 %, step 40')
    expect(lineOf(svg, COLOUR.meanIoU)).to.have.length(4)
  })

  it('smooths the loss over a twentieth of the steps, and states this', () => {
    const svg = run(200)
    expect(textsOf(svg)).to.include('Loss · points: single steps · line: mean over 11 steps')
    const heights = lineOf(svg, COLOUR.loss).map(([, y]) => y)
    expect(Math.max(...heights.slice(0, 6)), 'the first step affects only its neighbours').to.be.below(
      Math.min(...heights.slice(6)),
    )
  })

  it('has no more points for a long run, and still ends at its last step', () => {
    const svg = run(30_000, { scores: [0.5] })
    expect(svg.length).to.be.below(200_000)
    const lines = [COLOUR.loss, COLOUR.learningRate].map(colour => lineOf(svg, colour))
    for (const line of lines) {
      expect(line.length).to.be.within(300, 600)
      expect(line.at(-1)![0]).to.be.closeTo(960 - 36, 0.5) // points closer than this are merged
    }
  })

  it('is well-formed for any name of the folder and for short runs', async () => {
    for (const svg of [
      run(1),
      run(7, { title: 'a<b & "c"' }),
      run(7, { scores: [0], title: '日本語'.repeat(80) }),
    ]) {
      const { width } = await sharp(Buffer.from(svg)).metadata()
      expect(width).to.equal(960)
    }
    expect(textsOf(run(7, { title: 'a<b & c' }))).to.include('a&lt;b &amp; c')
  })
})
