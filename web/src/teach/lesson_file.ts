// A lesson as one file: photos, strokes, classes with their colours, settings and the model. It is a zip. Unpacked it is a folder that
// `atrous train --dataset folder:DIR` takes, with the model's folder beside the photos.

import { strFromU8, strToU8, unzipSync, type ZippableFile, zipSync } from 'fflate'
import * as v from 'valibot'
import { IGNORE_INDEX } from '../../../src/data/dataset.ts'
import { vocPalette } from '../../../src/data/palette.ts'
import { UserError } from '../../../src/errors.ts'
import { parseJson } from '../../../src/json.ts'
import { encodeMaskPng } from '../../../src/library/mask_png.ts'
import { decodeMaskPng } from '../../../src/library/mask_png_decoder.ts'
import { printable } from '../../../src/printable.ts'
import { Strokes } from './strokes.ts'

/** What the file says of itself. */
const [DESCRIPTION, CLASSES, FORMAT, MODEL] = ['lesson.json', 'classes.txt', 'atrous lesson 1', 'model/']

const LESSON = v.object({
  format: v.literal(FORMAT),
  classes: v.array(v.object({ name: v.string(), colour: v.pipe(v.string(), v.regex(/^#[\da-f]{6}$/)) })),
  settings: v.object({
    part: v.picklist(['classifier', 'head', 'network']),
    brush: v.number(),
    tolerance: v.number(),
    holdsBack: v.boolean(),
  }),
  photos: v.array(
    v.object({
      name: v.string(),
      type: v.pipe(v.string(), v.startsWith('image/')),
      image: v.string(),
      mask: v.string(),
      hasCopy: v.boolean(),
    }),
  ),
})
type Description = v.InferOutput<typeof LESSON>

export interface SavedPhoto {
  name: string
  /** The photo's media type. */
  type: string
  /** The photo's own file. */
  bytes: Uint8Array
  strokes: Strokes
}

export interface SavedLesson extends Pick<Description, 'classes' | 'settings'> {
  photos: SavedPhoto[]
  /** The contents of model.safetensors and config.json, by name. */
  model: ReadonlyMap<string, string | Uint8Array>
}

export function writeLesson({ classes, settings, photos, model }: SavedLesson): Uint8Array {
  const files: Record<string, ZippableFile> = {}
  const put = (path: string, content: string | Uint8Array, level: 0 | 6) => {
    files[path] = [typeof content === 'string' ? strToU8(content) : content, { level }]
  }
  const named = photos.map(({ name, type, strokes: { hasCopy } }, i) => ({
    ...{ name, type, hasCopy, image: `images/${i + 1}${extensionOf(name)}`, mask: `masks/${i + 1}.png` },
  }))
  const description: Description = { format: FORMAT, classes, settings, photos: named }
  put(DESCRIPTION, `${JSON.stringify(description, null, 1)}\n`, 6)
  put(CLASSES, classes.map(({ name }) => `${name}\n`).join(''), 6)
  for (const [i, { bytes, strokes }] of photos.entries()) {
    const { labels, width, height } = strokes
    put(named[i].image, bytes, 0)
    put(named[i].mask, encodeMaskPng({ mask: labels, width, height }, vocPalette), 0)
  }
  for (const [name, content] of model) put(MODEL + name, content, 0)
  return zipSync(files)
}

type Inflate = Parameters<typeof decodeMaskPng>[1]['inflate']

/** Rejects with a UserError of one line for a file that is no lesson, or a damaged one. `inflate` is the platform's. */
export async function readLesson(
  bytes: Uint8Array,
  { source, inflate }: { source: string; inflate: Inflate },
): Promise<SavedLesson> {
  const files = unzipped(bytes, source)
  const file = (path: string) => {
    if (!Object.hasOwn(files, path)) throw new UserError(`${source}: ${printable(path)} is missing in it`)
    return files[path]
  }
  const description = Object.hasOwn(files, DESCRIPTION) ? files[DESCRIPTION] : undefined
  if (!description) throw new UserError(`${source}: a zip, but not of a lesson that this page saved`)
  const { classes, settings, photos } = parseJson(LESSON, strFromU8(description), `${source}: ${DESCRIPTION}`)
  const read: SavedPhoto[] = []
  for (const { name, type, image, mask, hasCopy } of photos) {
    const found = await decodeMaskPng(file(mask), { inflate }).catch(error => {
      throw new UserError(`${source}: ${printable(mask)}: ${error.message}`, { cause: error })
    })
    const wrong = found.mask.find(label => label >= classes.length && label !== IGNORE_INDEX)
    if (wrong !== undefined)
      throw new UserError(
        `${source}: ${printable(mask)}: class ${wrong}, but the lesson has ${classes.length}`,
      )
    read.push({ name, type, bytes: file(image), strokes: Strokes.from(found, { hasCopy }) })
  }
  const model = Object.entries(files).flatMap(([path, content]) =>
    path.startsWith(MODEL) && path !== MODEL ? [[path.slice(MODEL.length), content] as const] : [],
  )
  return { classes, settings, photos: read, model: new Map(model) }
}

function unzipped(bytes: Uint8Array, source: string): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes)
  } catch (error) {
    throw new UserError(`${source}: not a zip, or a damaged one`, { cause: error })
  }
}

/** Only what a file's name may have on every system. */
const extensionOf = (name: string) => /\.[a-z\d]{1,8}$/i.exec(name)?.[0].toLowerCase() ?? ''
