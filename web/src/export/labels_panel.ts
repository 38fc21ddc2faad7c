// Labels as files of other tools: of the shown photo or of all, and back as strokes.

import { type LabelFile, type LabelFormat, labelFolders } from '../../../src/library/label_formats.ts'
import { readLabelFile } from '../../../src/library/read_label_file.ts'
import { type DeepLab, readImage } from '../../../src/web/index.ts'
import { button, byId, input, select } from '../dom.ts'
import { doing, onClick, showProgress } from '../messages.ts'
import { type Photo, photosInStrip } from '../photos.ts'
import { baseName, download } from '../save.ts'
import type { Session } from '../session.ts'
import { settings } from '../settings/settings.ts'
import { inflate } from '../teach/inflate.ts'

const format = select('label-format')
const [save, saveAll, stop, open] = [
  button('save-mask'),
  button('save-all-labels'),
  button('stop-labels'),
  button('open-labels'),
]
const file = input('label-file')

/** The name of the list of photos in a dataset. */
const SPLIT = 'all'

export class LabelsPanel {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
    onClick(save, () => this.#saveOne())
    onClick(saveAll, () => this.#saveAll())
    format.addEventListener('change', () => {
      byId('label-dataset', HTMLElement).textContent = format.value
    })
    open.addEventListener('click', () => file.click())
    file.addEventListener('change', () => {
      const [chosen] = file.files ?? []
      file.value = '' // so that the same file can be chosen again
      if (chosen) doing(() => this.#open(chosen), open)
    })
  }

  offer(hasPhoto: boolean): void {
    save.disabled = open.disabled = !hasPhoto
    saveAll.hidden = photosInStrip().length < 2 || !this.#session.model
  }

  async #saveOne(): Promise<void> {
    const { model, photo } = this.#session
    if (!model || !photo) return
    showProgress('Segmenting …')
    const labels = await model.segment(photo.image, settings())
    showProgress('')
    const folder = this.#folder(model)
    const name = baseName(photo.name)
    const [[, content]] = [...folder.add({ name, ending: endingOf(photo.name) }, labels), ...folder.end()]
    download(name + ENDINGS[format.value as LabelFormat], new Blob([content as BlobPart]))
  }

  /** A dataset as `atrous export` writes it. */
  async #saveAll(): Promise<void> {
    const { model } = this.#session
    if (!model) return
    const { Archive } = await import('./archive.ts')
    const ends = new AbortController()
    stop.onclick = () => ends.abort()
    stop.hidden = false
    saveAll.disabled = true
    try {
      const archive = new Archive()
      for await (const made of this.#dataset(model, photosInStrip(), ends.signal)) await archive.add(...made)
      download(`labels.${format.value}.zip`, archive.end())
    } finally {
      showProgress('')
      stop.hidden = true
      saveAll.disabled = false
    }
  }

  async *#dataset(model: DeepLab, photos: readonly Photo[], signal: AbortSignal) {
    const folder = this.#folder(model)
    const stems = uniqueStems(photos.map(({ name }) => name))
    for (const [i, { name, blob }] of photos.entries()) {
      showProgress(`Segmenting photo ${i + 1} of ${photos.length} …`, i / photos.length)
      const image = await readImage(blob, { name })
      const labels = await model.segment(image, { ...settings(), signal })
      const photo = { name: stems[i], ending: endingOf(name) }
      const kept = folder.needsJpeg ? await jpegOf(image) : blob
      yield [folder.photo(photo), new Uint8Array(await kept.arrayBuffer())] satisfies LabelFile
      yield* folder.add(photo, labels)
    }
    yield* folder.end()
  }

  async #open(chosen: File): Promise<void> {
    const { model, photo } = this.#session
    if (!model || !photo) return
    const { originalWidth: width, originalHeight: height } = photo.image
    const bytes = new Uint8Array(await chosen.arrayBuffer())
    const target = { photo: photo.name, classNames: model.classNames, width, height }
    this.#session.onLabels(await readLabelFile({ name: chosen.name, bytes }, target, { inflate }))
  }

  #folder = ({ classNames }: DeepLab) =>
    labelFolders[format.value as LabelFormat]({ split: SPLIT, classNames })
}

/** The endings of one photo's files. */
const ENDINGS: Record<LabelFormat, string> = { voc: '.mask.png', coco: '.coco.json', labelme: '.json' }

const endingOf = (name: string) => /\.[^.]*$/.exec(name)?.[0] ?? ''

/** Names without endings, each different: a.jpg and a.png are two photos. */
function uniqueStems(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map(baseName).map(stem => {
    let unique = stem
    for (let i = 2; taken.has(unique); i++) unique = `${stem}-${i}`
    taken.add(unique)
    return unique
  })
}

/** A photo as tools for VOC take it. */
function jpegOf({ data, width, height }: { data: Uint8Array; width: number; height: number }): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height)
  canvas.getContext('2d')!.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0)
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 })
}
