// That an activation budget changes the memory that a training step takes, and nothing else.

import { expect } from 'chai'
import type { DeepLabOptions } from '../../src/model/config.ts'
import { noise, shortRun, smallMobileNet, smallResNet } from './short_run.ts'

const batches = [noise(2, 1), noise(2, 2), noise(2, 3)]

describe('an activation budget', () => {
  const networks = {
    ResNet: { network: smallResNet, recipe: {} },
    MobileNetV2: { network: smallMobileNet, recipe: { dropout: 0.5 } },
    'ResNet with both heads': {
      network: { ...smallResNet, auxiliaryHead: true } as DeepLabOptions,
      recipe: { dropout: 0.5, auxiliaryLoss: 0.5 },
    },
  }
  for (const [name, { network, recipe }] of Object.entries(networks))
    for (const freezeBatchNorm of [false, true])
      it(`changes no bit of ${name}'s training, batch norm ${freezeBatchNorm ? 'frozen' : 'training'}`, async () => {
        const whole = await shortRun(network, batches, { ...recipe, freezeBatchNorm })
        // Frozen batch norm is folded into the convolutions: there is less that need not be kept.
        for (const share of [0.85, freezeBatchNorm ? 0.8 : 0.6]) {
          const bytes = share * whole.activationBytes
          const options = { ...recipe, freezeBatchNorm, activationBudget: bytes / 2 ** 20 }
          const { activationBytes, ...actual } = await shortRun(network, batches, options)
          expect(activationBytes).to.be.at.most(bytes)
          expect(actual).to.deep.equal({ losses: whole.losses, state: whole.state })
        }
      })
})
