// Saves the lesson as a file, and opens such a file. What reads and writes it is loaded when it is first needed.

import { readImage, UserError } from '../../../src/web/index.ts'
import { button, input, select } from '../dom.ts'
import { doing, onClick, showProgress } from '../messages.ts'
import type { ModelPanel } from '../model_panel.ts'
import type { PhotoStrip } from '../photos.ts'
import { download } from '../save.ts'
import { colourIn, colourOf, hexOf, setColours } from '../stage/class_colours.ts'
import { inflate } from './inflate.ts'
import { type PaintedPhotos, sizeOf } from './painted_photos.ts'
import type { Teaching } from './teaching.ts'
import { tools } from './tools.ts'

const [save, open] = [button('save-lesson'), button('open-lesson')]
const file = input('lesson-file')
const part = select('part')
const holdsBack = input('hold-back')

interface LessonParts {
  teaching: Teaching
  painted: PaintedPhotos
  models: ModelPanel
  strip: PhotoStrip
}

export class LessonPanel {
  readonly #parts: LessonParts

  constructor(parts: LessonParts) {
    this.#parts = parts
    onClick(save, () => this.#save())
    open.addEventListener('click', () => file.click())
    file.addEventListener('change', () => {
      const [chosen] = file.files ?? []
      if (chosen) doing(() => this.open(chosen), open)
      file.value = '' // the same file may be chosen again
    })
  }

  async #save(): Promise<void> {
    const { teaching, painted } = this.#parts
    const { writeLesson } = await import('./lesson_file.ts')
    const taught = painted.all()
    if (taught.length === 0) throw new UserError('there is nothing to save: paint a stroke first')
    const photos = taught.map(async ({ photo: { name, blob }, strokes }) => ({
      ...{ name, strokes, type: blob.type, bytes: new Uint8Array(await blob.arrayBuffer()) },
    }))
    const written = writeLesson({
      classes: teaching.classNames.map((name, id) => ({ name, colour: hexOf(colourOf(id)) })),
      settings: { part: teaching.part, ...tools.settings, holdsBack: holdsBack.checked },
      photos: await Promise.all(photos),
      model: teaching.model.modelFiles(),
    })
    download('lesson.zip', new Blob([written as Uint8Array<ArrayBuffer>], { type: 'application/zip' }))
  }

  /** Throws a UserError for a file that is no lesson. */
  async open(chosen: File): Promise<void> {
    const { painted, models, strip } = this.#parts
    showProgress('Opening the lesson …')
    const { readLesson } = await import('./lesson_file.ts')
    const written = new Uint8Array(await chosen.arrayBuffer())
    const { photos, classes, settings, model } = await readLesson(written, { source: chosen.name, inflate })
    const decoded = []
    for (const { name, type, bytes, strokes } of photos) {
      const blob = new File([bytes as Uint8Array<ArrayBuffer>], name, { type })
      const image = await readImage(blob, { name })
      const { width, height } = sizeOf(image)
      if (width !== strokes.width || height !== strokes.height)
        throw new UserError(`${name}: its strokes are of ${strokes.width}×${strokes.height} pixels`)
      decoded.push({ blob, image, strokes })
    }
    await models.load(
      [...model].map(([name, content]) => new File([content as Uint8Array<ArrayBuffer>], name)),
    )
    part.value = settings.part
    holdsBack.checked = settings.holdsBack
    tools.settings = settings
    setColours(classes.map(({ colour }) => colourIn(colour)))
    const added = strip.add(decoded.map(({ blob }) => blob))
    for (const [i, photo] of added.entries()) {
      const { image, strokes } = decoded[i]
      painted.put({ ...photo, image }, strokes)
    }
  }
}
