// The panel of what a user takes away. The page loads it when it is opened first.

import { MaskReader, Painter } from '../../../src/web/index.ts'
import { button, input } from '../dom.ts'
import { doing, onClick } from '../messages.ts'
import { baseName, download } from '../save.ts'
import type { Session } from '../session.ts'
import { fitting } from '../stage/stage.ts'
import { CutoutPanel } from './cutout_panel.ts'
import { LabelsPanel } from './labels_panel.ts'

const overlay = button('save-overlay')
const outlines = input('show-outlines')

/** The width of outlines, as a share of the longer side: about as wide as they are on a screen. */
const OUTLINE = 0.002

export class ExportPanel {
  readonly #session: Session
  readonly #cutout: CutoutPanel
  readonly #labels: LabelsPanel
  /** Counts the classes of a picture. */
  #masks: { gpu: object; reader: MaskReader } | undefined

  constructor(session: Session) {
    this.#session = session
    this.#cutout = new CutoutPanel(session)
    this.#labels = new LabelsPanel(session)
    session.onShown(() => doing(() => this.refresh()))
    onClick(overlay, () => this.#saveOverlay())
    onClick(button('save-model'), async () => this.#saveModel())
  }

  /** Offers what there is to take of the present picture. */
  async refresh(): Promise<void> {
    const { photo, shown, model } = this.#session
    const hasPhoto = photo !== undefined && shown !== undefined && model !== undefined
    overlay.disabled = !hasPhoto
    this.#labels.offer(hasPhoto)
    this.#cutout.offer(hasPhoto ? await this.#present() : undefined)
  }

  /** Ids of the classes in the picture, the largest first. */
  async #present(): Promise<number[]> {
    const { model, shown } = this.#session
    const { gpu, classNames } = model!
    if (this.#masks?.gpu !== gpu) this.#masks = { gpu, reader: await MaskReader.create(gpu) }
    const counts = await this.#masks.reader.count(shown!.map)
    return [...classNames.keys()].filter(id => counts[id] > 0).sort((a, b) => counts[b] - counts[a])
  }

  /** The picture as it is shown, in the photo's own size. */
  async #saveOverlay(): Promise<void> {
    const { model, shown, photo, colours } = this.#session
    if (!model || !shown || !photo) return
    const { gpu } = model
    const { width, height } = fitting(shown.photo, gpu.limits.maxTextureDimension2D)
    const canvas = new OffscreenCanvas(width, height)
    const painter = await Painter.create(gpu, canvas)
    const outline = outlines.checked ? Math.max(width, height) * OUTLINE : 0
    await painter.paint({ ...shown, colours, outline })
    const blob = await canvas.convertToBlob()
    painter.destroy()
    download(`${baseName(photo.name)}.overlay.png`, blob)
  }

  #saveModel(): void {
    for (const [name, content] of this.#session.model?.modelFiles() ?? [])
      download(name, new Blob([content as Uint8Array<ArrayBuffer>]))
  }
}
