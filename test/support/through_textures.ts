import type { KernelCase, KernelCases } from './kernel_suite.ts'

/** The cases of `atrous doctor`, with these inputs read through textures: the variant that CPU adapters run. */
export const throughTextures = <Case extends KernelCase>(
  { cases, run }: KernelCases<Case>,
  textures: readonly string[],
): Record<string, KernelCases<Case>> => ({
  'reading through textures': {
    cases: cases.filter(({ answer }) => answer),
    run: (test, adapter) => {
      const made = run(test, adapter)
      return { ...made, kernel: { ...made.kernel, textures } }
    },
  },
})
