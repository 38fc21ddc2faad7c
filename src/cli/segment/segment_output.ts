// Writes the results of `atrous segment`: to files that replace none of the user's files, or to standard output.

import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { UserError } from '../../errors.ts'
import { writeFileAtomic } from '../../node/files/atomic.ts'
import { isMarked, markPng } from '../../node/images/result_mark.ts'
import type { Segmentation } from '../../node/segmentation.ts'
import { checkWritable, exists, outputPrefixes } from '../output.ts'
import { type InputPhoto, STANDARD_INPUT } from './segment_inputs.ts'
import { type ProbabilityFormat, probabilityFiles } from './segment_probabilities.ts'

export interface SegmentOutputOptions {
  /** A folder, or `-` for standard output. */
  out: string
  mask: boolean
  overlay: boolean
  overwrite?: true
  probabilities?: ProbabilityFormat
  /** The opacity of the overlay. */
  opacity?: number
  legend: boolean
}

/** Stands for standard output in place of a folder. */
export const STANDARD_OUTPUT = '-'

/** The results of a photo, by their key in --json. */
const RESULTS = {
  mask: async (found: Segmentation) => found.maskPng(),
  overlay: (found: Segmentation, { opacity, legend }: SegmentOutputOptions) =>
    found.overlay({ opacity, legend }),
}

type ResultKind = keyof typeof RESULTS
const KINDS = Object.keys(RESULTS) as ResultKind[]

/** The paths of a photo's results. */
export type ResultFiles = Partial<Record<ResultKind, string>> & { probabilities?: string[] }

export interface Output {
  /** Throws a UserError, before anything is computed, if results cannot be written or would replace a file of the user. */
  check(): Promise<void>
  /** Writes a photo's results. Throws a UserError if the file system refuses. */
  write(photo: InputPhoto, found: Segmentation): Promise<ResultFiles>
}

/** Throws a UserError for options that contradict each other. */
export function openOutput(photos: readonly InputPhoto[], options: SegmentOutputOptions): Output {
  const kinds = KINDS.filter(kind => options[kind])
  return options.out === STANDARD_OUTPUT
    ? standardOutput(photos, kinds, options)
    : folderOutput(photos, kinds, options)
}

/** One PNG: the mask, or the overlay if the mask is turned off. */
function standardOutput(
  photos: readonly InputPhoto[],
  [kind]: ResultKind[],
  options: SegmentOutputOptions,
): Output {
  return {
    async check() {
      if (options.probabilities)
        throw new UserError('--probabilities writes several files: --out must be a folder')
      if (kind === undefined)
        throw new UserError('--out -: --no-mask and --no-overlay leave nothing to write')
      if (photos.length !== 1)
        throw new UserError(`--out - takes the result of one photo, not of ${photos.length}`)
      if (process.stdout.isTTY)
        throw new UserError('--out -: standard output is a terminal, which cannot show a PNG; redirect it')
    },
    async write(_, found) {
      if (!process.stdout.write(await RESULTS[kind](found, options))) await once(process.stdout, 'drain')
      return {}
    },
  }
}

function folderOutput(
  photos: readonly InputPhoto[],
  kinds: ResultKind[],
  options: SegmentOutputOptions,
): Output {
  const paths = outputPrefixes(
    photos.map(({ file }) => (file === STANDARD_INPUT ? 'stdin' : file)),
    options.out,
  )
  const prefixes = new Map(photos.map((photo, i) => [photo, paths[i]]))
  /** The files whose names are known before the model is loaded. A PNG of probabilities has a class in its name. */
  const knownFiles = (photo: InputPhoto) => [
    ...kinds.map(kind => `${prefixes.get(photo)}.${kind}.png`),
    ...(options.probabilities === 'npy' ? [`${prefixes.get(photo)}.probabilities.npy`] : []),
  ]
  // Photos are recognised by their identity on disk, because names may differ by links or by case.
  let identities: Promise<Set<string>> | undefined
  const check = async (results: readonly string[]) => {
    const existing: string[] = []
    for (const file of results) if (await exists(file)) existing.push(file)
    if (existing.length === 0) return
    identities ??= identitiesOf(photos)
    await refusePhotos(existing, await identities)
    if (!options.overwrite) await refuseForeign(existing)
  }
  return {
    async check() {
      await checkWritable(options.out)
      await check(photos.flatMap(photo => (photo.error ? [] : knownFiles(photo))))
    },
    async write(photo, found) {
      const prefix = prefixes.get(photo)!
      const probabilities = found.probabilities
        ? probabilityFiles(found.probabilities, options.probabilities ?? 'npy')
        : []
      const probabilityPaths = probabilities.map(({ ending }) => `${prefix}.${ending}`)
      await check([...knownFiles(photo), ...probabilityPaths]) // a file may have been written there meanwhile
      const results: ResultFiles = {}
      for (const kind of kinds) {
        results[kind] = `${prefix}.${kind}.png`
        await writeFileAtomic(results[kind], markPng(await RESULTS[kind](found, options)))
      }
      for (const [i, { content }] of probabilities.entries())
        await writeFileAtomic(probabilityPaths[i], content())
      if (probabilities.length > 0) results.probabilities = probabilityPaths
      return results
    },
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

async function identitiesOf(photos: readonly InputPhoto[]): Promise<Set<string>> {
  const identities = new Set<string>()
  for (const { source } of photos) {
    const found = typeof source === 'string' ? await identity(source) : undefined
    if (found !== undefined) identities.add(found)
  }
  return identities
}

/** Undefined if the file does not exist, as behind a broken link. */
async function identity(file: string): Promise<string | undefined> {
  const found = await stat(file, { bigint: true }).catch(() => undefined)
  return found && `${found.dev}:${found.ino}`
}
