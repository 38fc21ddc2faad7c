// Cut-outs: which classes of the photo to keep, what is behind them, and a preview before the download.

import { isBackground } from '../../../src/data/class_share.ts'
import { displayPalette } from '../../../src/data/palette.ts'
import type {
  CutoutOptions,
  FrameCutoutOptions,
  GpuSegmentation,
  Segmentation,
} from '../../../src/web/index.ts'
import { button, byId, input, make, select } from '../dom.ts'
import { doing, onClick, showProgress } from '../messages.ts'
import { baseName, download } from '../save.ts'
import type { Session } from '../session.ts'
import { settings } from '../settings/settings.ts'
import { LiveCutout } from './live_cutout.ts'

const list = byId('cutout-classes', HTMLElement)
const [background, format] = [select('cutout-background'), select('cutout-format')]
const colour = input('cutout-colour')
const picture = input('picture-file')
const [pictureRow, pictureName] = [byId('picture-row', HTMLElement), byId('picture-name', HTMLElement)]
const [cut, save] = [button('cut-out'), button('save-cutout')]
const live = input('cutout-live')
const [cameraRow, photoRow] = [byId('cutout-camera', HTMLElement), byId('cutout-photo', HTMLElement)]
const preview = byId('cutout-preview', HTMLImageElement)

/** A result with what it takes to cut out of it, until another picture is shown. */
interface Scores {
  of: GpuSegmentation
  found: Segmentation<'probabilities'>
}

export class CutoutPanel {
  readonly #session: Session
  #boxes: { id: number; name: string; box: HTMLInputElement }[] = []
  /** What the classes were offered for. */
  #offered: { of: object | undefined; names: readonly string[] } | undefined
  #scores: Scores | undefined
  #made: Blob | undefined
  /** The newest cut-out that was asked for: an earlier one is not shown any more. */
  #newest = 0

  constructor(session: Session) {
    this.#session = session
    onClick(cut, () => this.#show())
    button('choose-picture').addEventListener('click', () => picture.click())
    picture.addEventListener('change', () => {
      pictureName.textContent = picture.files?.[0]?.name ?? ''
    })
    background.addEventListener('change', () => {
      colour.hidden = background.value !== 'colour'
      pictureRow.hidden = background.value !== 'picture'
      if (background.value === 'picture' && !picture.files?.length) picture.click()
    })
    for (const control of [background, format, colour, picture])
      control.addEventListener('change', () => this.#update())
    save.addEventListener('click', () => this.#save())
    const cutout = new LiveCutout()
    session.live = {
      apply: (gpu, frame) => cutout.apply(gpu, frame, this.#liveOptions()),
      end: () => cutout.free(),
    }
  }

  /** Offers the classes of a picture that has just been shown: of the camera's, all of the model. */
  offer(present: readonly number[] | undefined): void {
    const { model, shown, isLive } = this.#session
    cameraRow.hidden = !isLive
    photoRow.hidden = isLive
    cut.disabled = present === undefined
    const names = model?.classNames ?? []
    const of = isLive ? model : shown
    if (this.#offered?.of === of && this.#offered?.names === names) return
    this.#offered = { of, names }
    this.#scores = undefined
    this.#forget()
    this.#offerClasses(isLive ? [...names.keys()] : (present ?? []), names)
  }

  #offerClasses(ids: readonly number[], names: readonly string[]): void {
    this.#boxes = ids.map(id => {
      const name = names[id]
      const box = make('input', { type: 'checkbox', checked: !isBackground({ name }) })
      box.addEventListener('change', () => this.#update())
      return { id, name, box }
    })
    list.replaceChildren(
      ...this.#boxes.map(({ id, name, box }) => {
        const swatch = make('span', { className: 'swatch' })
        if (!isBackground({ name })) swatch.style.background = `rgb(${displayPalette[id].join()})`
        return make('li', {}, make('label', {}, box, swatch, name))
      }),
    )
  }

  /** Undefined while the camera is shown as it is. */
  #liveOptions(): FrameCutoutOptions | undefined {
    if (!live.checked || !this.#isComplete()) return undefined
    return { ids: this.#boxes.filter(({ box }) => box.checked).map(({ id }) => id), background: behind() }
  }

  /** The preview follows the choices, once there is one. */
  #update(): void {
    if (!preview.hidden && this.#isComplete()) doing(() => this.#show(), cut)
  }

  #isComplete = () =>
    this.#boxes.some(({ box }) => box.checked) && (background.value !== 'picture' || !!picture.files?.length)

  async #show(): Promise<void> {
    const number = ++this.#newest
    const options = this.#options()
    save.disabled = true
    showProgress('Cutting out …')
    const found = await this.#probabilities()
    const blob = await found.cutout(options)
    if (number !== this.#newest) return
    showProgress('')
    this.#forget()
    this.#made = blob
    preview.src = URL.createObjectURL(blob)
    preview.alt = `Cut-out of ${options.classes!.join(', ')}`
    preview.hidden = false
    save.disabled = false
  }

  #options(): CutoutOptions {
    const classes = this.#boxes.filter(({ box }) => box.checked).map(({ name }) => name)
    if (classes.length === 0) throw new Error('Choose a class to keep.')
    return { classes, background: behind(), format: format.value as CutoutOptions['format'] }
  }

  /** Probabilities of the network's size take little memory, and the filter finds the edges. Tiles have those of the photo's size alone. */
  async #probabilities(): Promise<Segmentation<'probabilities'>> {
    const { model, photo, shown } = this.#session
    if (!model || !photo || !shown) throw new Error('There is no photo to cut out of.')
    if (this.#scores?.of === shown) return this.#scores.found
    const own = settings()
    const at = own.tile === undefined ? 'network' : 'photo'
    const found = await model.segment(photo.image, { ...own, at, output: 'probabilities' })
    this.#scores = { of: shown, found }
    return found
  }

  #save(): void {
    const { photo } = this.#session
    if (!this.#made || !photo) return
    const [, ending] = this.#made.type.split('/')
    download(`${baseName(photo.name)}.cutout.${ending}`, this.#made)
  }

  #forget(): void {
    if (!preview.hidden) URL.revokeObjectURL(preview.src)
    preview.hidden = true
    save.disabled = true
    this.#made = undefined
  }
}

function behind(): CutoutOptions['background'] {
  const [file] = picture.files ?? []
  if (background.value === 'picture' && !file) throw new Error('Choose a picture for the background.')
  if (background.value === 'picture') return { picture: file }
  if (background.value === 'blur') return 'blur'
  if (background.value !== 'colour') return undefined
  const [red, green, blue] = [1, 3, 5].map(at => Number.parseInt(colour.value.slice(at, at + 2), 16))
  return [red, green, blue]
}
