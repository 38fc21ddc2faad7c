// A cache of the checks of images in files. An entry is valid until the size or the time of its file changes.

import { createHash } from 'node:crypto'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import * as v from 'valibot'
import type { LabelCounts } from '../../data/check.ts'
import { parseJson } from '../../json.ts'
import { cacheFolder } from '../cache.ts'
import { writeFileAtomic } from '../files/atomic.ts'
import type { Item } from './item.ts'

/** How many files are kept (one for each dataset and split), and how many images in each. The oldest are dropped first. */
const MAX_FILES = 16
const MAX_IMAGES = 200_000

/** The version of the file format and of the decoder: another version of sharp may judge an image differently. */
const FORMAT = `1, sharp ${sharp.versions.sharp}`

/** The images without problems, by `imageKey`, with their labels. */
interface CheckedImages {
  find(key: string): LabelCounts | undefined
  keep(key: string, counts: LabelCounts): void
  /** Writes new entries to disk. If two programs write at the same time, the entries of one may be lost. */
  save(): Promise<void>
}

export async function openCheckedImages(datasetName: string): Promise<CheckedImages> {
  const folder = join(cacheFolder(), 'checked')
  const file = join(folder, `${digest(process.cwd(), datasetName)}.json`)
  const known = await read(file)
  const found = new Map<string, LabelCounts>()
  return {
    find: key => known.get(key),
    keep: (key, counts) => found.set(key, counts),
    async save() {
      if (found.size === 0) return
      const images = [...new Map([...(await read(file)), ...found])].slice(-MAX_IMAGES)
      try {
        await writeFileAtomic(file, JSON.stringify({ format: FORMAT, images: Object.fromEntries(images) }))
        await removeOldest(folder)
      } catch (error) {
        console.warn(`warning: the next check will decode all images again: ${(error as Error).message}`)
      }
    },
  }
}

/** A key that changes when the path, size or time of the photo or of its labels changes, or how many channels it is to have. Undefined if a file is missing. */
export async function imageKey({ image, labels, channels }: Item): Promise<string | undefined> {
  const ownLabels = labels && 'file' in labels ? fileState(labels.file) : JSON.stringify(labels)
  const states = await Promise.all([fileState(image), ownLabels])
  return states.every(state => state !== undefined)
    ? digest(...states, ...(channels === undefined ? [] : [String(channels)]))
    : undefined
}

async function fileState(file: string): Promise<string | undefined> {
  try {
    const { size, mtimeNs } = await stat(file, { bigint: true })
    return `${resolve(file)}\n${size}\n${mtimeNs}`
  } catch {
    return undefined // reading the image will report the reason
  }
}

const digest = (...parts: string[]) =>
  createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 22)

const wholeNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const schema = v.object({
  format: v.literal(FORMAT),
  images: v.record(v.string(), v.array(v.tuple([v.pipe(wholeNumber, v.maxValue(255)), wholeNumber]))),
})

/** Empty if the file is missing, damaged or of another version: its images are checked again. */
async function read(file: string): Promise<Map<string, LabelCounts>> {
  try {
    return new Map(Object.entries(parseJson(schema, await readFile(file, 'utf8'), file).images))
  } catch {
    return new Map()
  }
}

async function removeOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.json'))
  const files = await Promise.all(
    names.map(async name => {
      const path = join(folder, name)
      return { path, time: (await stat(path)).mtimeMs }
    }),
  )
  const oldest = files.sort((a, b) => b.time - a.time).slice(MAX_FILES)
  await Promise.all(oldest.map(({ path }) => rm(path, { force: true })))
}
