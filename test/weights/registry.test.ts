// What the registry of checkpoints says of their files is what the files are.

import { readFileSync, statSync } from 'node:fs'
import { expect } from 'chai'
import * as v from 'valibot'
import { isShipped, registrySchema } from '../../src/weights/registry.ts'

const weights = new URL('../../weights/', import.meta.url)
const readJson = (path: string) => JSON.parse(readFileSync(new URL(path, weights), 'utf8'))
const registry = v.parse(registrySchema, readJson('registry.json'))

describe('weights/registry.json', () => {
  for (const entry of registry) {
    const { name, description, classes, megabytes, files } = entry
    if (isShipped(entry))
      it(`${name} has the network, the classes and the size of the shipped files`, () => {
        const config = readJson(`${name}/config.json`)
        const { size } = statSync(new URL(`${name}/model.safetensors`, weights))
        expect(megabytes).to.equal(Number((size / 1e6).toFixed(1)))
        expect(classes).to.equal(config.network.classes)
        expect(description).to.include(config.network.decoder ? 'DeepLabv3+ ' : 'DeepLabv3 ')
      })
    else if (files.every(({ bytes }) => bytes !== null))
      it(`${name} has the size of its files`, () => {
        const bytes = files.reduce((sum, file) => sum + file.bytes!, 0)
        expect(megabytes).to.equal(Number((bytes / 1e6).toFixed(1)))
      })
  }
})
