// This package reads checkpoints that PyTorch saved: torchvision's two networks in both of PyTorch's formats, from the reader to
// the logits. PyTorch makes the files here, since they are too large to commit. Without PyTorch the tests are skipped.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { readModel } from '../../src/library/model_files.ts'
import { findWeights } from '../../src/node/weights.ts'
import { testGpu } from '../support/gpu.ts'
import { relativeError, runGraph } from '../support/run_graph.ts'
import { skip } from '../support/skip.ts'
import { hasTorchvision, PYTHON } from '../support/torchvision.ts'
import { goldenCases, goldenGraph } from './golden.ts'
import { seededImage } from './seeded_weights.ts'

const script = fileURLToPath(new URL('make_checkpoints.py', import.meta.url))

describe('checkpoints that PyTorch saved', () => {
  let folder: string
  before(function () {
    if (!hasTorchvision()) skip(this, 'no PyTorch here: apt-get install python3-torch python3-torchvision')
    folder = mkdtempSync(join(tmpdir(), 'atrous-checkpoints-'))
    execFileSync(PYTHON, [script, folder], { stdio: 'ignore' })
  })
  after(() => {
    if (folder) rmSync(folder, { recursive: true })
  })

  for (const backbone of ['resnet50', 'resnet101'])
    for (const format of ['zip', 'legacy'])
      it(`deeplabv3_${backbone}, ${format} format: PyTorch's logits within 1e-4${backbone === 'resnet101' ? ' (slow)' : ''}`, async () => {
        const model = await readModel(await findWeights(join(folder, `deeplabv3_${backbone}.${format}.pth`)))
        const golden = goldenCases().filter(({ name }) => name === `deeplabv3_${backbone}`)
        expect(golden).to.have.lengthOf(4) // two sizes, two output strides
        for (const testCase of golden) {
          expect(testCase.options.backbone).to.equal(model.config.backbone)
          const graph = goldenGraph({ ...testCase, options: model.config })
          const inputs = { image: seededImage(testCase.height, testCase.width) }
          const outputs = await runGraph(await testGpu(), graph, { inputs, parameters: model.parameters })
          const error = relativeError(outputs[graph.outputs[0].name] as Float32Array, testCase.logits)
          expect(error, `${testCase.height}×${testCase.width} at ${testCase.outputStride}`).to.be.below(1e-4)
        }
      })
})
