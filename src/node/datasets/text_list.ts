import { readdir, readFile } from 'node:fs/promises'
import { basename, join, parse } from 'node:path'
import { UserError } from '../../errors.ts'
import { fileError } from '../file_error.ts'

/** A text file's lines, less blank ones and the space around them. Throws a UserError where it cannot be read. */
export async function readLines(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(error => {
    throw fileError(file, error)
  })
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
}

/** As readLines; undefined where there is no such file. */
export async function readLinesIfAny(file: string): Promise<string[] | undefined> {
  const names = await listFolder(parse(file).dir)
  return names.includes(basename(file)) ? readLines(file) : undefined
}

/** The names in a folder, sorted, but hidden ones. Throws a UserError where there is no such folder. */
export async function listFolder(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(error => {
    throw fileError(folder, error)
  })
  return names.filter(name => !name.startsWith('.')).sort()
}

/** A folder's files by their names less the ending. */
export interface ImageFolder {
  readonly stems: readonly string[]
  /**
   * The path of the image of this name, or of another file where there is no image; undefined where there is neither. Throws a
   * UserError where several images have the name.
   */
  find(stem: string): string | undefined
}

const IMAGE_ENDINGS = ['.jpg', '.jpeg', '.png', '.webp', '.avif', '.tif', '.tiff', '.gif']

/** Empty where there is no such folder. */
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
        throw new UserError(`${folder}: ${images.join(' and ')} have the same name; keep or rename one`)
      const [file] = images.length > 0 ? images : files
      return file && join(folder, file)
    },
  }
}

/** The lines of `<folder>/<split>.txt`; a UserError says which splits there are instead, or that the list is empty. */
export async function readSplit(folder: string, split: string): Promise<string[]> {
  const file = join(folder, `${split}.txt`)
  const lines = await readLinesIfAny(file)
  if (lines?.length === 0) throw new UserError(`${file}: the list is empty`)
  if (lines) return lines
  const splits = (await listFolder(folder))
    .filter(name => name.endsWith('.txt'))
    .map(name => parse(name).name)
  throw new UserError(`${folder}: no split "${split}"; there is ${splits.join(', ') || 'none'}`)
}
