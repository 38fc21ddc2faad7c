// Fine-tuned models load into torchvision: checked with names and shapes that torchvision wrote, and in PyTorch itself if it is
// installed.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { readModel } from '../../src/library/model_files.ts'
import type { ResNetConfig } from '../../src/model/config.ts'
import { networkParameters } from '../../src/model/initial_weights.ts'
import { preset } from '../../src/model/presets.ts'
import { DeepLab, openDataset } from '../../src/node/index.ts'
import { Trainer } from '../../src/node/training/trainer.ts'
import { findWeights } from '../../src/node/weights.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import type { StateDict } from '../../src/weights/tensor.ts'
import { testGpu } from '../support/gpu.ts'
import { skip } from '../support/skip.ts'
import { hasTorchvision, PYTHON } from '../support/torchvision.ts'
import { HALVES, writeHalves } from './halves_dataset.ts'

type Shapes = Record<string, readonly number[]>

/** The state dicts' shapes by network, for two classes and with the auxiliary head, written by make_torchvision_state.py. */
const golden: Record<'deeplabv3_resnet50' | 'deeplabv3_resnet101', Shapes> = JSON.parse(
  readFileSync(new URL('golden/torchvision_state.json', import.meta.url), 'utf8'),
)

const script = fileURLToPath(new URL('load_strict.py', import.meta.url))

const shapesOf = (tensors: Iterable<readonly [string, { shape: readonly number[] }]>): Shapes =>
  Object.fromEntries([...tensors].map(([name, { shape }]) => [name, [...shape]]))

const withoutAuxiliaryHead = (shapes: Shapes): Shapes =>
  Object.fromEntries(Object.entries(shapes).filter(([name]) => !name.startsWith('aux_classifier.')))

describe("torchvision's state dicts", () => {
  for (const name of ['deeplabv3_resnet50', 'deeplabv3_resnet101'] as const)
    it(`${name}: the same names and shapes`, () => {
      const config = { ...(preset(name).config as ResNetConfig), classes: 2 }
      const parameters = (auxiliaryHead: boolean) =>
        shapesOf(networkParameters({ ...config, auxiliaryHead }).map(each => [each.name, each] as const))
      expect(parameters(true)).to.deep.equal(golden[name])
      expect(parameters(false)).to.deep.equal(withoutAuxiliaryHead(golden[name]))
    })

  for (const head of ['plain', 'auxiliary'] as const)
    describe(`deeplabv3_resnet50 fine-tuned, ${head === 'plain' ? 'without' : 'with'} the auxiliary head${head === 'plain' ? ' (slow)' : ''}`, () => {
      let folder: string
      let saved: StateDict
      const file = () => join(folder, 'fine-tuned.safetensors')

      // Two classes, trained for one step from untrained weights. The file has no config next to it, like torchvision's own
      // files.
      before(async () => {
        folder = await mkdtemp(join(tmpdir(), 'atrous-torchvision-'))
        await writeHalves(folder)
        const dataset = await openDataset(`voc:${folder}`, { split: 'train' })
        const model = await DeepLab.create(preset('deeplabv3_resnet50').config, { gpu: await testGpu() })
        const small = { steps: 1, batchSize: 1, cropSize: 33, freezeBatchNorm: true }
        const auxiliaryLoss = head === 'plain' ? 0 : 0.5
        for await (const _ of new Trainer(model, dataset, { ...small, auxiliaryLoss }));
        await model.save(folder)
        await model.dispose()
        await rename(join(folder, 'model.safetensors'), file())
        saved = readSafetensors(await readFile(file()))
      })
      after(() => rm(folder, { recursive: true }))

      it('has the names and shapes of torchvision', () => {
        const expected = golden.deeplabv3_resnet50
        expect(shapesOf(saved)).to.deep.equal(head === 'plain' ? withoutAuxiliaryHead(expected) : expected)
      })

      it('is recognised by these alone', async () => {
        const { config, parameters } = await readModel(await findWeights(file()))
        const { config: original } = preset('deeplabv3_resnet50')
        expect(config).to.deep.equal({ ...original, classes: 2, auxiliaryHead: head === 'auxiliary' })
        expect([...parameters.keys()]).to.deep.equal([...saved.keys()])
      })

      it('loads into torchvision by load_state_dict(strict=True)', function () {
        if (!hasTorchvision())
          skip(this, 'no PyTorch here: apt-get install python3-torch python3-torchvision')
        const args = [script, file(), String(HALVES.length), head]
        const sums: Record<string, number> = JSON.parse(execFileSync(PYTHON, args).toString())
        expect(Object.keys(sums)).to.have.members([...saved.keys()])
        for (const [name, { data }] of saved) {
          const values = data as Float32Array
          const [sum, size] = values.reduce(([sum, size], x) => [sum + x, size + Math.abs(x)], [0, 0])
          expect(sums[name], name).to.be.closeTo(sum, 1e-9 * size)
        }
      })
    })
})
