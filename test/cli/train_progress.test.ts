import { expect } from 'chai'
import { trainingLog } from '../../src/cli/train/train_progress.ts'

describe('trainingLog', () => {
  /** The lines that are printed, and when, if steps take the given seconds each. */
  function follow(total: number, mIoU?: number) {
    const lines: string[] = []
    let seconds = 0
    const log = trainingLog(
      { total, last: mIoU === undefined ? undefined : { mIoU } },
      { now: () => seconds * 1000, write: line => lines.push(`${seconds}: ${line}`) },
    )
    const steps = (from: number, to: number, each: number) => {
      for (let step = from; step <= to; step++) {
        seconds += each
        log.step({ step, loss: 1 / step, learningRate: 0.007 - step / 1e5, imagesPerSecond: 16 / each })
      }
    }
    return { lines, log, steps }
  }

  it('prints a line every 30 seconds, with the time left', () => {
    const { lines, steps } = follow(500)
    steps(1, 7, 10)
    expect(lines).to.deep.equal([
      '30: step 3 of 500 · loss 0.3333 · rate 0.00697 · 1.60 images/s · 1 h 23 min left',
      '60: step 6 of 500 · loss 0.1667 · rate 0.00694 · 1.60 images/s · 1 h 22 min left',
    ])
  })

  it('prints a line after a validation, and keeps its score', () => {
    const { lines, log, steps } = follow(20)
    steps(1, 5, 4)
    log.validated({ mIoU: 0.4567, classes: 2, leftOut: [], onlyPredicted: [] })
    steps(6, 13, 4)
    expect(lines).to.deep.equal([
      '20: step 5 of 20 · loss 0.2000 · rate 0.00695 · 4.00 images/s · mean IoU 45.7 % · 1 min left',
      '52: step 13 of 20 · loss 0.0769 · rate 0.00687 · 4.00 images/s · mean IoU 45.7 % · 28 s left',
    ])
  })

  it('leaves out unknown values, and begins with the score before a resume', () => {
    const { lines, steps } = follow(20, 0.5)
    steps(11, 11, 31) // includes compilation, so it says nothing about later steps
    expect(lines).to.deep.equal([
      '31: step 11 of 20 · loss 0.0909 · rate 0.00689 · 0.516 images/s · mean IoU 50.0 %',
    ])
  })

  it('says which classes a mean IoU leaves out', () => {
    const { lines, log, steps } = follow(20)
    steps(1, 2, 4)
    log.validated({ mIoU: 1, classes: 3, leftOut: ['cat', 'dog'], onlyPredicted: [] })
    log.validated({ mIoU: null, classes: 3, leftOut: ['background', 'cat', 'dog'], onlyPredicted: [] })
    const scores = lines.map(line => /images\/s · (.*) · [^·]* left$/.exec(line)?.[1])
    expect(scores).to.deep.equal([
      'mean IoU 100.0 % over 1 of 3 classes; no pixel of cat, dog',
      'mean IoU – (no pixel is labelled)',
    ])
  })
})
