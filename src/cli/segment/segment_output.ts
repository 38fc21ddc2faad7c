// Where the results of `atrous segment` go: to files that replace none of the user's files, or to standard output.

import { once } from 'node:events'
import { join } from 'node:path'
import { UserError } from '../../errors.ts'
import { fileError } from '../../node/files/file_error.ts'
import { fileIdentity, leadsInside, realTarget } from '../../node/files/inside.ts'
import { isMarked } from '../../node/images/result_mark.ts'
import { printable } from '../../printable.ts'
import { checkWritable, exists } from '../output.ts'
import { attempt, type InputPhoto } from './input_photo.ts'
import type { PhotoWork } from './photo_work.ts'
import type { Ahead } from './segment_inputs.ts'
import {
  encodePng,
  pngKinds,
  type ResultOptions,
  resultEndings,
  type SegmentedPhoto,
  type WrittenResults,
} from './segment_results.ts'

export interface SegmentOutputOptions extends ResultOptions {
  /** A folder, or `-` for standard output. */
  out: string
  overwrite?: true
  resume?: true
}

/** Stands for standard output in place of a folder. */
export const STANDARD_OUTPUT = '-'

export interface Output {
  /**
   * Throws a UserError, before anything is computed, if results cannot be written, or if those of the first photos would replace a
   * file of the user. `named`: files that are never replaced, as these photos are not.
   */
  check(ahead: Pick<Ahead, 'first' | 'isAll'>, named: readonly string[]): Promise<void>
  /** Throws a UserError if the results of a photo would replace a file of the user. `replacesNpy`: one may be of a killed run. */
  checkPhoto(
    photo: InputPhoto,
    options: { classNames: readonly string[]; replacesNpy: boolean },
  ): Promise<void>
  /** Writes a photo's results. Throws a UserError if the file system refuses. */
  write(photo: InputPhoto, segmented: SegmentedPhoto, work: PhotoWork): Promise<WrittenResults>
}

/** One PNG: the mask, or the overlay if the mask is turned off. */
export function standardOutput(options: SegmentOutputOptions): Output {
  const [kind] = pngKinds(options)
  return {
    async check({ first, isAll }) {
      if (options.probabilities)
        throw new UserError('--probabilities writes several files: --out must be a folder')
      if (kind === undefined)
        throw new UserError('--out -: --no-mask and --no-overlay leave nothing to write')
      if (!isAll || first.length !== 1)
        throw new UserError(`--out - takes the result of one photo, not of ${isAll ? first.length : 'more'}`)
      if (process.stdout.isTTY)
        throw new UserError('--out -: standard output is a terminal, which cannot show a PNG; redirect it')
    },
    async checkPhoto() {},
    async write(_, segmented) {
      const { found, png } = await encodePng(segmented, kind, options)
      if (!process.stdout.write(png)) await once(process.stdout, 'drain')
      const { width, height, classes } = found
      return { width, height, classes, results: {} }
    },
  }
}

export function folderOutput(options: SegmentOutputOptions): Output {
  const { out, overwrite, resume } = options
  /** The photos that a result might replace, by their identity on disk: names may differ by links or by case. */
  const identities = new Set<string>()
  const existing = async (photo: InputPhoto, classNames: readonly string[]) => {
    const prefix = prefixOf(photo, out)
    await checkPlace(photo, out)
    const files = resultEndings(options, classNames).map(ending => `${prefix}.${ending}`)
    const found: string[] = []
    for (const file of files) if (await exists(file)) found.push(file)
    return found
  }
  return {
    async check({ first: photos }, named) {
      await checkWritable(out)
      // The names of the classes are not known yet.
      const found: string[] = []
      for (const photo of photos) found.push(...((await attempt(photo, () => existing(photo, []))) ?? []))
      for (const file of [...named, ...photos.map(({ file }) => file)]) await addIdentity(identities, file)
      await refusePhotos(found, identities)
      // The files that a resumed run finds are checked where they would be replaced.
      if (!overwrite && !resume) await refuseForeign(found)
    },
    async checkPhoto(photo, { classNames, replacesNpy }) {
      const found = await existing(photo, classNames) // also what was written there meanwhile
      await refusePhotos(found, identities)
      if (!overwrite) await refuseForeign(found.filter(file => !(replacesNpy && file.endsWith('.npy'))))
    },
    write: (photo, segmented, work) => work.write({ ...segmented, prefix: prefixOf(photo, out), options }),
  }
}

/** The path of a photo's results without their endings. Throws a UserError if its name could lead out of the folder. */
export function prefixOf({ file, key }: Pick<InputPhoto, 'file' | 'key'>, out: string): string {
  if (leadsInside(key)) return join(out, key)
  throw new UserError(`${file}: its results cannot be called "${printable(key)}": rename it`)
}

/** Throws a UserError if a symbolic link leads out of the folder. */
async function checkPlace({ key }: InputPhoto, folder: string): Promise<void> {
  try {
    await realTarget({ folder, option: '--out' }, `${key}.png`)
  } catch (error) {
    throw fileError(join(folder, key), error)
  }
}

async function refusePhotos(files: readonly string[], photos: ReadonlySet<string>): Promise<void> {
  for (const file of files) {
    const found = await identity(file)
    if (found !== undefined && photos.has(found))
      throw new UserError(`${file} is one of the photos: --out takes another folder`)
  }
}

/** Throws a UserError if a file is not an unchanged earlier result. */
async function refuseForeign(files: readonly string[]): Promise<void> {
  const foreign: string[] = []
  for (const file of files)
    if ((await identity(file)) === undefined || !(await isMarked(file))) foreign.push(file)
  if (foreign.length === 0) return
  const others = foreign.length > 1 ? ` (the same holds for ${foreign.length - 1} more)` : ''
  throw new UserError(
    `${foreign[0]} exists and is not an unchanged result of atrous segment: --overwrite replaces it, --out takes another folder${others}`,
  )
}

async function addIdentity(identities: Set<string>, file: string): Promise<void> {
  const found = await identity(file)
  if (found !== undefined) identities.add(found)
}

/** Undefined if the file does not exist, as behind a broken link. */
const identity = (file: string) => fileIdentity(file).catch(() => undefined)
