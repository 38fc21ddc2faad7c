// Photos that the user chooses, drops or pastes, ready-made ones, and the strip of their thumbnails.

import { button, byId, input, make } from './dom.ts'
import { doing } from './messages.ts'

/** Pictures that come with the page, the one first with which it opens. */
const READY = {
  'sample.png': new URL('../sample.png', import.meta.url),
  'rings.jpg': new URL('../gallery/rings.jpg', import.meta.url),
  'cones.jpg': new URL('../gallery/cones.jpg', import.meta.url),
  'cylinders.jpg': new URL('../gallery/cylinders.jpg', import.meta.url),
  'boat.jpg': new URL('../gallery/boat.jpg', import.meta.url),
}

const strip = byId('photos', HTMLElement)
const files = input('photo-files')

export interface Photo {
  /** Different from that of every other photo in the page. */
  name: string
  blob: Blob
}

export interface PhotoStrip {
  /** Adds photos and shows the first. Returns them under the names that they have in the page. */
  add(files: readonly File[]): Photo[]
  /** Writes something below a photo's thumbnail, in few characters and in words. Empty texts take it away. */
  mark(name: string, short: string, words: string): void
}

/**
 * Calls `open` with each photo that the user picks, and first with a ready-made one; and `openFiles` with dropped files that are no photos.
 */
export function acceptPhotos(
  open: (photo: Photo) => Promise<void>,
  openFiles: (files: File[]) => void,
): PhotoStrip {
  const show = (photo: Photo) => doing(() => open(photo))
  const append = (blob: Blob, name: string): Photo => {
    const photo = { name: uniqueName(name), blob }
    strip.append(thumbnail(photo, show))
    strip.hidden = strip.childElementCount < 2
    return photo
  }
  const add = (found: readonly File[]): Photo[] => {
    const photos = found.filter(isPhoto).map(file => append(file, file.name))
    if (photos.length > 0) select(photos[0], show)
    else if (found.length > 0) openFiles([...found])
    return photos
  }
  button('choose-photo').addEventListener('click', () => files.click())
  files.addEventListener('change', () => add([...(files.files ?? [])]))
  document.addEventListener('paste', event => add([...(event.clipboardData?.files ?? [])]))
  acceptDrops(add)
  doing(async () => {
    for (const [name, url] of Object.entries(READY)) {
      const blob = await (await fetch(url)).blob()
      const isFirst = strip.childElementCount === 0
      const photo = append(blob, name)
      if (isFirst) select(photo, show)
    }
  })
  return { add, mark }
}

function mark(name: string, short: string, words: string): void {
  for (const [photo, shown] of buttons) {
    if (photo.name !== name) continue
    shown.querySelector('.mark')?.remove()
    if (short !== '') shown.append(make('span', { className: 'mark', title: words, textContent: short }))
    shown.title = words === '' ? name : `${name}: ${words}`
  }
}

const names = new Set<string>()

/** Photos from a phone may all be called image.jpg. */
function uniqueName(name: string): string {
  let unique = name
  for (let i = 2; names.has(unique); i++) unique = name.replace(/(\.[^.]*)?$/, ` ${i}$1`)
  names.add(unique)
  return unique
}

const isPhoto = ({ type }: File) => type.startsWith('image/')

function acceptDrops(add: (files: File[]) => void): void {
  const { classList } = document.body
  document.addEventListener('dragover', event => {
    event.preventDefault()
    classList.add('dropping')
  })
  document.addEventListener('dragleave', () => classList.remove('dropping'))
  document.addEventListener('drop', event => {
    event.preventDefault()
    classList.remove('dropping')
    add([...(event.dataTransfer?.files ?? [])])
  })
}

const buttons = new Map<Photo, HTMLButtonElement>()

/** All photos of the strip. */
export const photosInStrip = (): Photo[] => [...buttons.keys()]

function thumbnail(photo: Photo, show: (photo: Photo) => void): HTMLElement {
  const image = make('img', { src: URL.createObjectURL(photo.blob), alt: photo.name })
  const chosen = make('button', { type: 'button', title: photo.name }, image)
  chosen.addEventListener('click', () => select(photo, show))
  buttons.set(photo, chosen)
  return make('li', {}, chosen)
}

function select(photo: Photo, show: (photo: Photo) => void): void {
  for (const [other, shown] of buttons) shown.setAttribute('aria-pressed', String(other === photo))
  strip.scrollLeft = buttons.get(photo)!.offsetLeft - strip.offsetLeft
  show(photo)
}
