import { readdir } from 'node:fs/promises'
import { basename, join, parse } from 'node:path'
import { UserError } from '../../errors.ts'
import { printable, printablePath } from '../../printable.ts'
import { fileError } from '../files/file_error.ts'
import { readRegularFile } from '../files/read_file.ts'

/** A list of a million images has about a tenth of this size. */
const MAX_LIST_BYTES = 2 ** 28
const LONGEST_LINE = 1000

/**
 * The lines of a text file, trimmed, without blank lines. Throws a UserError if the file cannot be read, or is not UTF-8 text or
 * holds control characters other than tabs.
 */
export async function readLines(file: string): Promise<string[]> {
  const bytes = await readRegularFile(file, { limit: MAX_LIST_BYTES })
  const lines = decodeText(file, bytes)
    .split('\n')
    .map(line => line.trim())
  const odd = lines.findIndex(line => line.length > LONGEST_LINE || /[^\P{Cc}\t]/u.test(line))
  if (odd >= 0)
    throw new UserError(
      `${printablePath(file)}: line ${odd + 1} is longer than ${LONGEST_LINE} characters, or holds control characters`,
    )
  return lines.filter(line => line !== '')
}

function decodeText(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UserError(`${printablePath(file)}: is not UTF-8 text`)
  }
}

/** Throws a UserError if the path of an image in a list points outside the dataset's folder. */
export function checkRelativePath(list: string, path: string): void {
  if (path.split(/[/\\\s]/).includes('..'))
    throw new UserError(`${printablePath(list)}: ${printable(path)} points outside the dataset's folder`)
}

/** Names for a message: only the first few if there are many. */
export function namesText(names: readonly string[]): string {
  const shown = names.slice(0, 20).map(name => printable(name))
  return names.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ')
}

/** Like readLines, but undefined if the file does not exist. */
export async function readLinesIfAny(file: string): Promise<string[] | undefined> {
  const names = await listFolder(parse(file).dir)
  return names.includes(basename(file)) ? readLines(file) : undefined
}

/** The names in a folder, sorted, without hidden ones. Throws a UserError if the folder does not exist. */
export async function listFolder(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(error => {
    throw fileError(folder, error)
  })
  return names.filter(name => !name.startsWith('.')).sort()
}

/** The files of a folder, by their names without the extension. */
interface ImageFolder {
  readonly stems: readonly string[]
  /**
   * The path of the image of this name, else of another file of this name, else undefined. Throws a UserError if several images
   * have the name.
   */
  find(stem: string): string | undefined
}

/** Of images that can be decoded. */
export const IMAGE_ENDINGS = ['.jpg', '.jpeg', '.png', '.webp', '.avif', '.tif', '.tiff', '.gif', '.npy']

/** Empty if the folder does not exist. */
export async function imageFolder(folder: string): Promise<ImageFolder> {
  const names = await listFolder(folder).catch((): string[] => [])
  const byStem = new Map<string, string[]>()
  for (const name of names) {
    const stem = parse(name).name
    byStem.set(stem, [...(byStem.get(stem) ?? []), name])
  }
  return {
    stems: [...byStem.keys()],
    find(stem) {
      const files = byStem.get(stem) ?? []
      const images = files.filter(file => IMAGE_ENDINGS.includes(parse(file).ext.toLowerCase()))
      if (images.length > 1)
        throw new UserError(
          `${printablePath(folder)}: ${namesText(images)} have the same name; keep or rename one`,
        )
      const [file] = images.length > 0 ? images : files
      return file && join(folder, file)
    },
  }
}

/**
 * The lines of `<folder>/<split>.txt`. Throws a UserError that lists the splits there are, or that says that the list is empty.
 */
export async function readSplit(folder: string, split: string): Promise<string[]> {
  const names = await listFolder(folder)
  if (!names.includes(`${split}.txt`)) {
    const splits = names.filter(name => name.endsWith('.txt')).map(name => parse(name).name)
    throw new UserError(
      printablePath(`${folder}: no split "${split}"; there is ${namesText(splits) || 'none'}`),
    )
  }
  const file = join(folder, `${split}.txt`)
  const lines = await readLines(file)
  if (lines.length === 0) throw new UserError(`${printablePath(file)}: the list is empty`)
  for (const line of lines) checkRelativePath(file, line)
  return lines
}
