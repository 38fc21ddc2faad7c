// `atrous crf`: what is about the fully connected CRF alone.

import { Command } from 'commander'
import { crfTuneCommand } from './crf_tune.ts'

export function crfCommand(): Command {
  return new Command('crf')
    .description('Finds parameters for the fully connected CRF of `segment --crf`.')
    .helpCommand(false)
    .addCommand(crfTuneCommand())
}
