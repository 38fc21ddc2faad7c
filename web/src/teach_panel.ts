// The panel that teaches the model what the user paints.

import { type DeepLab, DeviceLostError, Lesson, type LessonOptions } from '../../src/web/index.ts'
import { Brush } from './brush.ts'
import { button, byId, input, make, select } from './dom.ts'
import { doing, onClick, showProblem } from './messages.ts'
import { download } from './save.ts'
import type { Session, ShownPhoto } from './session.ts'
import { Strokes } from './strokes.ts'

const brushClass = select('class')
const part = select('part')
const [paint, look] = [input('paint'), input('look')]
const [train, stop] = [button('train'), button('stop-training')]
const [undo, reset] = [button('undo'), button('reset')]
const loss = byId('loss', HTMLElement)

const STEPS = 40
/** Steps between two previews. */
const PREVIEW = 5

interface Painted {
  image: ShownPhoto['image']
  strokes: Strokes
}

export class TeachPanel {
  readonly #session: Session
  readonly #brush = new Brush()
  /** The photos that were painted on, by name, and the present one. */
  readonly #painted = new Map<string, Painted>()
  #model: DeepLab | undefined
  #lesson: Lesson | undefined
  #isOpen = false
  /** Names of the lesson's photos. */
  #photos = new Set<string>()

  constructor(session: Session) {
    this.#session = session
    session.onModel = model => this.#begin(model)
    session.onPhoto = () => this.#showStrokes()
    session.onLabels = labels => this.#take(labels)
    for (const choice of [paint, look]) choice.addEventListener('change', () => this.#showStrokes())
    button('clear-strokes').addEventListener('click', () => {
      this.#present()?.clear()
      this.#showStrokes()
    })
    const newClass = byId('add-class', HTMLFormElement)
    newClass.addEventListener('submit', event => {
      event.preventDefault()
      doing(() => this.#addClass(input('new-class').value.trim()), newClass)
    })
    part.addEventListener('change', () => doing(() => this.#end(), part))
    onClick(train, () => this.#train())
    onClick(undo, () => this.#goBack(lesson => lesson.undo()))
    onClick(reset, () => this.#goBack(lesson => lesson.reset()))
    button('save-model').addEventListener('click', () => this.#save())
  }

  /** Strokes are shown, and the brush paints, while the panel is open. */
  show(isOpen: boolean): void {
    this.#isOpen = isOpen
    this.#showStrokes()
  }

  /** Teaches another model. Strokes of classes that it does not have are gone. */
  #begin(model: DeepLab): void {
    this.#model = model
    this.#painted.clear()
    this.#showStrokes()
    this.#offerClasses()
    this.#end().catch(showProblem)
  }

  #offerClasses(): void {
    const { value } = brushClass
    const names = this.#model?.classNames ?? []
    brushClass.replaceChildren(
      ...names.map((name, id) => make('option', { value: String(id), textContent: name })),
    )
    brushClass.value = value !== '' && Number(value) < names.length ? value : '0'
  }

  async #addClass(name: string): Promise<void> {
    const lesson = await this.#open()
    await lesson.addClass(name)
    await this.#adopt(lesson)
    brushClass.value = String(lesson.classNames.length - 1)
    input('new-class').value = ''
    paint.checked = true
    this.#showStrokes()
  }

  async #train(): Promise<void> {
    const lesson = await this.#open()
    await this.#setPhotos(lesson)
    const ends = new AbortController()
    stop.onclick = () => ends.abort()
    this.#setBusy(true)
    const start = performance.now()
    try {
      for await (const step of lesson.train({ steps: STEPS, signal: ends.signal })) {
        const seconds = (performance.now() - start) / 1000
        loss.textContent = `Step ${step.step} of ${STEPS}, loss ${step.loss.toFixed(3)}, ${seconds.toFixed(1)} s`
        if (step.step % PREVIEW === 0) await this.#preview(lesson)
      }
    } catch (error) {
      if (!ends.signal.aborted) throw await this.#explained(error)
    } finally {
      this.#setBusy(false)
    }
    await this.#adopt(lesson)
    await this.#session.again()
  }

  async #goBack(step: (lesson: Lesson) => Promise<unknown>): Promise<void> {
    const lesson = await this.#open()
    await step(lesson)
    loss.textContent = ''
    await this.#adopt(lesson)
    await this.#session.again()
  }

  #save(): void {
    for (const [name, content] of this.#model?.modelFiles() ?? [])
      download(name, new Blob([content as Uint8Array<ArrayBuffer>]))
  }

  /** The lesson, or a new one from the model as it is. */
  async #open(): Promise<Lesson> {
    const { gpu, state } = this.#model!
    if (this.#lesson?.gpu !== gpu) await this.#end() // the GPU was lost meanwhile
    this.#lesson ??= await Lesson.create(gpu, state, { part: part.value as LessonOptions['part'] })
    return this.#lesson
  }

  async #end(): Promise<void> {
    const lesson = this.#lesson
    this.#lesson = undefined
    this.#photos = new Set()
    this.#offerSteps()
    await lesson?.dispose()
  }

  /** Gives the lesson the photos with strokes, and what is painted on them. */
  async #setPhotos(lesson: Lesson): Promise<void> {
    for (const [name, { image, strokes }] of this.#painted) {
      if (strokes.isEmpty && !this.#photos.has(name)) continue
      if (!this.#photos.has(name)) await lesson.setPhoto(name, image)
      this.#photos.add(name)
      await lesson.setLabels(name, strokes.labels)
    }
  }

  async #preview(lesson: Lesson): Promise<void> {
    const { photo } = this.#session
    if (photo && this.#photos.has(photo.name)) await this.#session.showMap(await lesson.preview(photo.name))
  }

  async #adopt(lesson: Lesson): Promise<void> {
    await this.#model!.setModel(await lesson.model())
    this.#offerClasses()
    this.#offerSteps()
  }

  async #explained(error: unknown): Promise<unknown> {
    if (!(error instanceof DeviceLostError)) return error
    await this.#end()
    return new Error('The GPU was lost during the training. The strokes are kept: train again.', {
      cause: error,
    })
  }

  #offerSteps(): void {
    undo.disabled = reset.disabled = (this.#lesson?.undoable ?? 0) === 0
  }

  #setBusy(isBusy: boolean): void {
    stop.hidden = !isBusy
    for (const control of [train, undo, reset, part, paint]) control.disabled = isBusy
  }

  #present(): Strokes | undefined {
    const { photo } = this.#session
    if (!photo) return undefined
    const { name, image } = photo
    const painted = this.#painted.get(name) ?? { image, strokes: new Strokes(sizeOf(image)) }
    this.#forgetEmpty()
    this.#painted.set(name, painted)
    return painted.strokes
  }

  /** Frees the pixels of photos that are not part of the lesson. */
  #forgetEmpty(): void {
    for (const [name, { strokes }] of this.#painted)
      if (strokes.isEmpty && !this.#photos.has(name)) this.#painted.delete(name)
  }

  /** Labels from a file become the photo's strokes. */
  #take(labels: Uint8Array): void {
    this.#present()?.labels.set(labels)
    button('teach-tab').click()
  }

  #showStrokes(): void {
    this.#brush.use(this.#isOpen && paint.checked ? this.#present() : undefined)
  }
}

const sizeOf = ({ originalWidth: width, originalHeight: height }: ShownPhoto['image']) => ({ width, height })
