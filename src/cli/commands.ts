// The subcommands. Each is loaded when it is used: together they take several times as long to load as the longest of them.

import type { Command } from 'commander'

export interface Subcommand {
  name: string
  summary: string
  load(): Promise<Command>
}

export const subcommands: readonly Subcommand[] = [
  {
    name: 'doctor',
    summary: 'see which GPU there is, and whether it computes correctly',
    load: async () => (await import('./doctor/doctor.ts')).doctorCommand(),
  },
  {
    name: 'segment',
    summary: 'find what is in photos',
    load: async () => (await import('./segment/segment.ts')).segmentCommand(),
  },
  {
    name: 'evaluate',
    summary: 'score a model on labelled photos',
    load: async () => (await import('./evaluate.ts')).evaluateCommand(),
  },
  {
    name: 'train',
    summary: "teach a model a dataset's classes",
    load: async () => (await import('./train/train.ts')).trainCommand(),
  },
  {
    name: 'weights',
    summary: 'list, download, inspect and convert checkpoints',
    load: async () => (await import('./weights/weights.ts')).weightsCommand(),
  },
  {
    name: 'bench',
    summary: 'measure how fast a network runs on this GPU',
    load: async () => (await import('./bench/bench.ts')).benchCommand(),
  },
  {
    name: 'tune',
    summary: 'measure which kernels are fastest on this GPU, for later runs',
    load: async () => (await import('./tune/tune.ts')).tuneCommand(),
  },
  {
    name: 'completion',
    summary: 'complete this command in your shell by the Tab key',
    load: async () => (await import('./completion/completion.ts')).completionCommand(),
  },
]
