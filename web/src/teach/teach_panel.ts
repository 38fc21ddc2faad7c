// The panel that teaches the model what the user paints.

import { type DeepLab, IGNORE_INDEX, type Lesson, UserError } from '../../../src/web/index.ts'
import { button, byId, input, make, select } from '../dom.ts'
import { maskBytes } from '../export/mask_bytes.ts'
import { doing, onClick, showProblem } from '../messages.ts'
import type { ModelPanel } from '../model_panel.ts'
import type { PhotoStrip } from '../photos.ts'
import type { Session } from '../session.ts'
import { removeColour, setColours } from '../stage/class_colours.ts'
import { Brush } from './brush.ts'
import { ClassList } from './class_list.ts'
import { Heat } from './heat.ts'
import { LessonPanel } from './lesson_panel.ts'
import { PaintedPhotos, paintedText } from './painted_photos.ts'
import type { MaskPixels, Point } from './strokes.ts'
import { Teaching } from './teaching.ts'

const brushClass = select('class')
const part = select('part')
const look = input('look')
const [train, stop] = [button('train'), button('stop-training')]
const [undo, reset] = [button('undo'), button('reset')]
const [undoStroke, clear] = [button('undo-stroke'), button('clear-strokes')]
const loss = byId('loss', HTMLElement)
const score = byId('score', HTMLElement)
const amount = byId('painted', HTMLElement)

/** Steps between two previews. */
const PREVIEW = 5

interface TeachParts {
  session: Session
  models: ModelPanel
  strip: PhotoStrip
}

export class TeachPanel {
  readonly #session: Session
  readonly #painted: PaintedPhotos
  readonly #teaching: Teaching
  readonly #heat: Heat
  readonly #lessons: LessonPanel
  readonly #classes = new ClassList({
    rename: (id, name) => this.#change(lesson => lesson.renameClass(id, name)),
    remove: id => this.#removeClass(id),
  })
  readonly #brush = new Brush({
    changed: () => this.#showAmount(),
    doing: work => doing(async () => work(), clear),
    copyClassAt: point => this.#copyClassAt(point),
  })
  #isOpen = false

  constructor({ session, models, strip }: TeachParts) {
    this.#session = session
    this.#painted = new PaintedPhotos(strip)
    this.#teaching = new Teaching(this.#painted, () => part.value as Teaching['part'])
    this.#heat = new Heat({ session, teaching: this.#teaching, painted: this.#painted })
    this.#lessons = new LessonPanel({ teaching: this.#teaching, painted: this.#painted, models, strip })
    session.onModel = model => {
      setColours([])
      this.#begin(model)
    }
    session.onPhoto = () => {
      this.#heat.hide()
      this.#showStrokes()
    }
    session.onShown(() => this.#heat.update())
    this.#listen()
    if (session.model) this.#begin(session.model)
  }

  /** Strokes are shown, and the brush paints, while the panel is open. */
  show(isOpen: boolean): void {
    this.#isOpen = isOpen
    this.#showStrokes()
    this.#heat.open(isOpen)
  }

  /** Opens the file of a lesson. */
  async openLesson(file: File): Promise<void> {
    await this.#lessons.open(file)
    button('teach-tab').click()
  }

  /** Labels from a file become the photo's strokes. */
  take(labels: Uint8Array): void {
    this.#present()?.strokes.begin()
    this.#present()?.strokes.replace(labels)
    button('teach-tab').click()
  }

  #listen(): void {
    look.addEventListener('change', () => this.#showStrokes())
    const newClass = byId('add-class', HTMLFormElement)
    newClass.addEventListener('submit', event => {
      event.preventDefault()
      doing(() => this.#addClass(input('new-class').value.trim()), newClass)
    })
    undoStroke.addEventListener('click', () => this.#undoStroke())
    document.addEventListener('keydown', event => {
      if (!isUndo(event) || !this.#isOpen || undoStroke.disabled) return
      event.preventDefault()
      this.#undoStroke()
    })
    clear.addEventListener('click', () => {
      this.#present()?.strokes.begin()
      this.#present()?.strokes.clear()
      this.#showStrokes()
    })
    onClick(button('copy-mask'), () => this.#copyMask())
    part.addEventListener('change', () =>
      doing(() => this.#teaching.end().then(() => this.#offerSteps()), part),
    )
    onClick(train, () => this.#train())
    onClick(undo, () => this.#goBack(lesson => lesson.undo()))
    onClick(reset, () => this.#goBack(lesson => lesson.reset()))
  }

  /** Teaches another model. Strokes of classes that it does not have are gone. */
  #begin(model: DeepLab): void {
    this.#painted.clear()
    this.#teaching.begin(model).then(() => this.#offerSteps(), showProblem)
    this.#showStrokes()
    this.#offerClasses()
  }

  #offerClasses(): void {
    const { value } = brushClass
    const names = this.#teaching.classNames
    brushClass.replaceChildren(
      ...names.map((name, id) => make('option', { value: String(id), textContent: name })),
    )
    brushClass.value = value !== '' && Number(value) < names.length ? value : '0'
    this.#classes.show(names)
  }

  async #addClass(name: string): Promise<void> {
    await this.#change(lesson => lesson.addClass(name))
    brushClass.value = String(this.#teaching.classNames.length - 1)
    input('new-class').value = ''
    look.checked = false
    this.#showStrokes()
  }

  async #removeClass(id: number): Promise<void> {
    const name = this.#teaching.classNames[id]
    if (this.#painted.has(id) && !confirm(`Remove ${name}, and what is painted with it?`)) return
    await this.#change(lesson => lesson.removeClass(id))
    this.#painted.renumber(old => {
      if (old === id) return IGNORE_INDEX
      return old > id && old !== IGNORE_INDEX ? old - 1 : old
    })
    removeColour(id)
    if (Number(brushClass.value) > id) brushClass.value = String(Number(brushClass.value) - 1)
    this.#showStrokes()
    await this.#session.again()
  }

  /** Changes the classes. */
  async #change(work: (lesson: Lesson) => Promise<unknown>): Promise<void> {
    await this.#teaching.change(work)
    this.#offerClasses()
    this.#offerSteps()
  }

  async #train(): Promise<void> {
    const ends = new AbortController()
    stop.onclick = () => ends.abort()
    this.#setBusy(true)
    score.textContent = ''
    this.#heat.hide()
    try {
      score.textContent = await this.#teaching.train({
        signal: ends.signal,
        holdsBack: input('hold-back').checked,
        onStep: async (text, lesson, step) => {
          loss.textContent = text
          if (step % PREVIEW === 0) await this.#preview(lesson)
        },
      })
    } finally {
      this.#setBusy(false)
      this.#offerSteps()
    }
    await this.#session.again()
  }

  async #preview(lesson: Lesson): Promise<void> {
    const { photo } = this.#session
    if (photo && this.#teaching.photos.has(photo.name))
      await this.#session.showMap(await lesson.preview(photo.name))
  }

  async #goBack(step: (lesson: Lesson) => Promise<unknown>): Promise<void> {
    await this.#change(step)
    loss.textContent = score.textContent = ''
    await this.#session.again()
  }

  async #copyMask(): Promise<void> {
    this.#copy(await this.#readMask())
  }

  async #copyClassAt({ x, y }: Point): Promise<void> {
    const found = await this.#readMask()
    const { mask, width, height } = found
    const at = (share: number, size: number) => Math.min(size - 1, Math.max(0, Math.floor(share * size)))
    this.#copy(found, mask[at(y, height) * width + at(x, width)])
  }

  async #readMask(): Promise<MaskPixels> {
    const { model, photo, shown } = this.#session
    if (!model || !photo || !shown)
      throw new UserError('there is no mask to copy: choose a photo, and wait until it is segmented')
    const { width, height } = shown.map
    return { mask: await maskBytes(model.gpu, shown.map), width, height }
  }

  #copy(mask: MaskPixels, only?: number): void {
    const strokes = this.#present()?.strokes
    if (!strokes) return
    strokes.begin()
    strokes.copy(mask, { only })
    look.checked = false
    this.#showStrokes()
  }

  #undoStroke(): void {
    this.#present()?.strokes.undo()
    this.#showStrokes()
  }

  #offerSteps(): void {
    undo.disabled = reset.disabled = this.#teaching.undoable === 0
  }

  #setBusy(isBusy: boolean): void {
    stop.hidden = !isBusy
    for (const control of [train, undo, reset, part]) control.disabled = isBusy
  }

  #present() {
    const { photo } = this.#session
    return photo && this.#painted.of(photo, this.#teaching.photos)
  }

  #showStrokes(): void {
    this.#brush.use(this.#isOpen && !look.checked ? this.#present() : undefined)
    this.#showAmount()
  }

  #showAmount(): void {
    const present = this.#isOpen ? this.#present() : undefined
    undoStroke.disabled = !present?.strokes.isUndoable
    clear.disabled = !present || present.strokes.isEmpty
    if (!present) return
    this.#painted.mark(present)
    const { painted } = present.strokes
    amount.textContent = painted > 0 ? `${paintedText(painted)} on this photo.` : ''
  }
}

/** Ctrl+Z, and Cmd+Z on a Mac; a text field has its own. */
const isUndo = ({ key, ctrlKey, metaKey, shiftKey, target }: KeyboardEvent) =>
  key.toLowerCase() === 'z' &&
  (ctrlKey || metaKey) &&
  !shiftKey &&
  !(target instanceof HTMLInputElement && target.type === 'text')
