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

/** The paths of a folder's files by their names less the ending; none where there is no such folder. */
export async function filesByStem(folder: string): Promise<Map<string, string>> {
  const names = await listFolder(folder).catch(() => [])
  return new Map(names.map(name => [parse(name).name, join(folder, name)]))
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
