import { readdirSync } from 'node:fs'
import type { KernelSuite } from './kernel_suite.ts'

const folder = new URL('../kernels/', import.meta.url)

/** The names of the files of test/kernels that export a suite: all but tests. */
export const suiteFiles = (): string[] =>
  readdirSync(folder)
    .filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort()

/** The suite of every kernel, by shader. */
export async function loadSuites(): Promise<KernelSuite[]> {
  const modules: { suite: KernelSuite }[] = await Promise.all(
    suiteFiles().map(file => import(new URL(file, folder).href)),
  )
  return modules.map(({ suite }) => suite)
}
