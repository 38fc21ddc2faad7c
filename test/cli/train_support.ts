import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { writeHalves } from '../node/halves_dataset.ts'
import { useEmptyCache, useTemporaryFolder } from '../node/support.ts'
import { atrous, saveTinyModel } from './support.ts'

/** Gives each test of a suite a small model and dataset in its own folder, and the command that trains on them. */
export function useTraining() {
  const path = useTemporaryFolder()
  useEmptyCache(path)
  beforeEach(async () => {
    await saveTinyModel(path('model'))
    await writeHalves(path('voc'))
  })

  /** Six small steps, into a folder of this name. */
  const command = (out: string, ...more: string[]) => [
    ...['train', '--dataset', `voc:${path('voc')}`, '--model', path('model'), '--out', path(out)],
    ...['--steps', '6', '--batch-size', '2', '--crop-size', '33', '--learning-rate', '0.05', ...more],
  ]

  const model = (out: string) => readFile(path(`${out}/model.safetensors`))

  /** The lines of metrics.jsonl, without values that differ between runs. */
  async function metrics(out: string): Promise<object[]> {
    const lines = (await readFile(path(`${out}/metrics.jsonl`), 'utf8')).trim().split('\n')
    return lines.map(line => ({ ...JSON.parse(line), imagesPerSecond: undefined }))
  }

  return { path, command, model, metrics }
}

/** The output of a failing command on stderr, without warnings: one line. */
export async function errorOf(args: string[]): Promise<string> {
  const { code, stderr } = await atrous(...args)
  expect(code).to.equal(1)
  expect(
    stderr
      .trim()
      .split('\n')
      .filter(line => !line.startsWith('warning: ')),
  ).to.have.length(1)
  return stderr
}
