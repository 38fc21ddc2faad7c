// No two exported things of src have one name, so that a name means one thing wherever it is read. Only `node` and `web` have
// names in common: those of the same thing on their platform.

import { expect } from 'chai'
import { unnamedExports } from './support/exports.ts'
import { sources } from './support/sources.ts'

const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) +([\w$]+)/gm

/** Generated: from ONNX's own definitions, and the shaders, which are named like their kernels. */
const GENERATED = ['onnx/onnx_pb.ts', 'gpu/shaders.gen.ts']

describe('exported names', () => {
  for (const other of ['node', 'web'])
    it(`without ${other} are declared in one module each`, () => {
      const modules = new Map<string, Set<string>>()
      for (const { path, text } of sources())
        if (!GENERATED.includes(path) && !path.startsWith(`${other}/`))
          for (const [, name] of text.matchAll(DECLARATION))
            modules.set(name, (modules.get(name) ?? new Set()).add(path))
      expect(modules.size).to.be.above(500)
      const duplicates = [...modules].filter(([, paths]) => paths.size > 1)
      expect(duplicates.map(([name, paths]) => `${name}: ${[...paths].join(', ')}`)).to.deep.equal([])
    })
})

/** What is exported for a test that looks at it alone. The list may only shrink. */
const ONLY_TESTED: Record<string, readonly string[]> = {}

describe('the exports of src', () => {
  it('are named by another module, or exported by the package', () => {
    expect(unnamedExports({ tests: true })).to.deep.equal([])
  })

  it('are named by more than tests, with the exceptions of the list', () => {
    const exceptions = Object.entries(ONLY_TESTED).flatMap(([path, names]) =>
      names.map(name => `src/${path}: ${name}`),
    )
    expect(unnamedExports({ tests: false })).to.have.members(exceptions)
  })
})
