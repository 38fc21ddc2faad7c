// <atrous-segmenter src="photo.png" model="scenes">: a photo with its classes in colour.
//
// Attributes: `src`, the photo's URL; `model`, a name or a checkpoint's URL. The event `segmented` has the result as its `detail`. A photo or
// a model that cannot be read is an `error` event with the reason as its `message`.

import { DeepLab } from 'atrous'

const TEMPLATE = `
  <style>
    :host { display: inline-block; position: relative; line-height: 0 }
    img, canvas { max-width: 100% }
    canvas { position: absolute; inset: 0; width: 100%; height: 100% }
  </style>
  <img alt=""><canvas></canvas>`

/** By name. All elements with one model share it. */
const models = new Map()

function load(name) {
  if (!models.has(name)) {
    const loading = DeepLab.load(name)
    loading.catch(() => models.delete(name)) // the next element tries again
    models.set(name, loading)
  }
  return models.get(name)
}

class AtrousSegmenter extends HTMLElement {
  static observedAttributes = ['src', 'model']
  #photo
  #canvas
  /** Ends the work on the photo before. */
  #stop = new AbortController()

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open' })
    root.innerHTML = TEMPLATE
    this.#photo = root.querySelector('img')
    this.#canvas = root.querySelector('canvas')
  }

  attributeChangedCallback() {
    this.#segment()
  }

  async #segment() {
    this.#stop.abort()
    this.#stop = new AbortController()
    const { signal } = this.#stop
    const src = this.getAttribute('src')
    if (!src) return
    this.#canvas.width = 0 // the mask of the photo before
    this.#photo.src = src
    try {
      const model = await load(this.getAttribute('model') ?? 'scenes')
      await this.#photo.decode()
      const found = await model.segment(this.#photo, { signal })
      Object.assign(this.#canvas, { width: found.width, height: found.height })
      this.#canvas.getContext('2d').putImageData(found.toImageData(), 0, 0)
      this.#photo.alt = found.classes.map(({ name }) => name).join(', ')
      this.dispatchEvent(new CustomEvent('segmented', { detail: found }))
    } catch (error) {
      if (!signal.aborted) this.dispatchEvent(new ErrorEvent('error', { error, message: error.message }))
    }
  }
}

customElements.define('atrous-segmenter', AtrousSegmenter)
