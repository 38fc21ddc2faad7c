// The subcommands. Each is loaded only when used: loading all takes several times as long as loading the largest.

import type { Command } from 'commander'

export interface Subcommand {
  name: string
  summary: string
  load(): Promise<Command>
}

export const subcommands: readonly Subcommand[] = [
  {
    name: 'doctor',
    summary: 'show the GPU, and check that it computes correctly',
    load: async () => (await import('./doctor/doctor.ts')).doctorCommand(),
  },
  {
    name: 'segment',
    summary: 'find what is in photos',
    load: async () => (await import('./segment/segment.ts')).segmentCommand(),
  },
  {
    name: 'serve',
    summary: 'answer requests over HTTP',
    load: async () => (await import('./serve.ts')).serveCommand(),
  },
  {
    name: 'worker',
    summary: 'segment the photos that a queue in Redis names',
    load: async () => (await import('./worker.ts')).workerCommand(),
  },
  {
    name: 'evaluate',
    summary: 'score a model on labelled photos',
    load: async () => (await import('./evaluate.ts')).evaluateCommand(),
  },
  {
    name: 'compare',
    summary: 'show several networks side by side',
    load: async () => (await import('./compare/compare.ts')).compareCommand(),
  },
  {
    name: 'train',
    summary: "teach a model a dataset's classes",
    load: async () => (await import('./train/train.ts')).trainCommand(),
  },
  {
    name: 'export',
    summary: 'write masks as labels for other tools: COCO, LabelMe, VOC',
    load: async () => (await import('./export/export.ts')).exportCommand(),
  },
  {
    name: 'masks',
    summary: 'convert masks in colours to masks of class ids',
    load: async () => (await import('./masks.ts')).masksCommand(),
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
    summary: 'measure which kernels are fastest on this GPU, for later use',
    load: async () => (await import('./tune/tune.ts')).tuneCommand(),
  },
  {
    name: 'crf',
    summary: 'find parameters for the CRF that refines masks',
    load: async () => (await import('./crf.ts')).crfCommand(),
  },
  {
    name: 'completion',
    summary: 'print a script that completes this command in your shell',
    load: async () => (await import('./completion/completion.ts')).completionCommand(subcommands),
  },
]
