import { readdirSync } from 'node:fs'
import { expect } from 'chai'

describe('the case tables', () => {
  it('name every case differently', async () => {
    const files = readdirSync(new URL('.', import.meta.url)).filter(file => !file.endsWith('.test.ts'))
    for (const file of files) {
      const { cases = [] }: { cases?: { name: string }[] } = await import(`./${file}`)
      const names = cases.map(({ name }) => name)
      expect(names, file).to.deep.equal([...new Set(names)])
    }
  })
})
