import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { loadSuites } from '../support/kernel_suites.ts'
import { suiteGroups } from '../support/test_suites.ts'

const suites = await loadSuites()

describe('the suites of kernels', () => {
  it('are one for each shader, in a file of its name', () => {
    const files = readdirSync(new URL('.', import.meta.url)).filter(file => /^\w+\.ts$/.test(file))
    expect(files.sort()).to.deep.equal(suites.map(({ shader }) => `${shader}.ts`))
    const how = 'a new shader has a suite in test/kernels'
    expect(suites.map(({ shader }) => shader) as string[], how).to.have.members(Object.keys(shadersByName))
  })

  it('name every case differently', () => {
    for (const { shader, variants = {}, tiles = {}, ...suite } of suites)
      for (const { cases } of [suite, ...Object.values(variants), ...Object.values(tiles)]) {
        const names = cases.map(({ name }) => name)
        expect(names, shader).to.deep.equal([...new Set(names)])
      }
  })

  it('have a case for atrous doctor', () => {
    for (const { shader, cases } of suites)
      expect(
        cases.some(({ answer }) => answer),
        shader,
      ).to.equal(true)
  })

  it('are tested, group by group', () => {
    const files = readdirSync(new URL('.', import.meta.url))
    expect(files).to.include.members(suiteGroups.map(group => `${group}.test.ts`))
  })
})
