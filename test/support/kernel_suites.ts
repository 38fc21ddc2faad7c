import { readdirSync } from 'node:fs'
import type { KernelSuite } from './kernel_suite.ts'

const folder = new URL('../kernels/', import.meta.url)

/** The suite of every kernel, by shader: each file of test/kernels that is not a test exports one. */
export async function loadSuites(): Promise<KernelSuite[]> {
  const files = readdirSync(folder).filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const modules: { suite: KernelSuite }[] = await Promise.all(
    files.sort().map(file => import(new URL(file, folder).href)),
  )
  return modules.map(({ suite }) => suite)
}
