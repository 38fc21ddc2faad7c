// The CRF takes seconds: the page says how many before it runs, shows how far it is, and goes on without it if the user likes.

import type { DeepLab, Image } from '../../../src/web/index.ts'
import { button, byId } from '../dom.ts'
import { doing, showProgress } from '../messages.ts'
import type { CrfRate } from './crf_rate.ts'
import { elementFor } from './settings.ts'

const control = elementFor('crf')
const note = byId('crf-time', HTMLElement)
const cancel = button('cancel-crf')

type Iterations = { done: number; total: number }

export class CrfControl {
  /** The GPU and the number of classes that were measured, and the rate. */
  #measured: { gpu: object; classes: number; rate: Promise<CrfRate> } | undefined

  /** The number of the newest run: the button is its own. */
  #newest = 0

  /** `present`: the model and the photo that a CRF would run on. */
  constructor(present: () => { model: DeepLab; image: Image } | undefined) {
    control.addEventListener('focus', () => {
      const found = present()
      if (found) doing(() => this.#say(found.model, found.image))
    })
    cancel.addEventListener('click', () => {
      control.value = ''
      control.dispatchEvent(new Event('change')) // the photo is segmented again
    })
  }

  /** Runs a segmentation with a CRF. */
  async run<T>(
    { model, image, signal }: { model: DeepLab; image: Image; signal: AbortSignal },
    work: (onIteration: (iterations: Iterations) => void) => Promise<T>,
  ): Promise<T> {
    const run = ++this.#newest
    cancel.hidden = false
    try {
      showProgress('Edges by a CRF: measuring …')
      const time = await this.#say(model, image)
      signal.throwIfAborted()
      showProgress(`Edges by a CRF: ${time} …`)
      const { Laps } = await import('./crf_rate.ts')
      const laps = new Laps()
      const found = await work(({ done, total }) => {
        laps.lap()
        if (!signal.aborted)
          showProgress(`Edges by a CRF, ${time}: ${done} of ${total} iterations …`, done / total)
      })
      if (laps.mean > 0) await this.#learn(laps.mean / pixelsOf(image))
      return found
    } finally {
      if (run === this.#newest) cancel.hidden = true
    }
  }

  /** Shows and returns how long a CRF takes. */
  async #say(model: DeepLab, image: Image): Promise<string> {
    const { all } = await this.#rate(model, image)
    const time = `${timeText((all * pixelsOf(image)) / 1000)} on this GPU`
    note.textContent = `A CRF takes ${time} for this photo.`
    note.hidden = false
    return time
  }

  #rate({ gpu, classNames }: DeepLab, image: Image): Promise<CrfRate> {
    const classes = classNames.length
    if (this.#measured?.gpu !== gpu || this.#measured.classes !== classes) {
      const rate = import('./crf_rate.ts').then(({ measureCrf }) => measureCrf(gpu, image, classes))
      this.#measured = { gpu, classes, rate }
      rate.catch(() => {
        this.#measured = undefined
      })
    }
    return this.#measured.rate
  }

  /** The last run tells more than the measurement: whatever else takes longer does so by the same factor. */
  async #learn(iteration: number): Promise<void> {
    if (!this.#measured) return
    const { all, iteration: before } = await this.#measured.rate
    this.#measured.rate = Promise.resolve({ all: (all * iteration) / before, iteration })
  }
}

const pixelsOf = ({ width, height }: Image) => width * height

const timeText = (seconds: number) => (seconds < 1 ? 'less than a second' : `about ${Math.round(seconds)} s`)
