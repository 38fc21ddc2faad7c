// A program that exports everything from the library: compiled with declarations, every type must be nameable from outside.

import * as atrous from 'atrous'

export const model = await atrous.DeepLab.load('scenes', { tune: 'off', cache: 'cache' })
export const untrained = await atrous.DeepLab.create({ backbone: 'resnet50', aspp: { rates: [6] } })
export const { config, classNames, gpu, state } = model
export const { device, info, limits, memory } = gpu
export const photo = await atrous.readImage('photo.jpg', { maxPixels: 1e6 })
export const found = await model.segment(photo, { scales: [0.5, 1], flip: true, batchSize: 2 })
export const all = await model.segment(['a.png', new Uint8Array(8), photo])
export const { classes, mask, subject } = found
export const files = await found.save('out/photo')
export const overlay = await found.overlay()
export const tuned = await model.tune(photo, { seconds: 5, onProgress: progress => progress.convolution })
export const explained = await model.explain('photo.jpg')

export const shape = atrous.preset('table5.mg124.aspp6-12-18.pool.os16')
export const shapes = atrous.presets.map(({ inference }) => inference)
export const onnx = await atrous.deepLabOnnx(state, { size: { height: 513, width: 513 } })

export const dataset = await atrous.openDataset('folder:mine', { split: 'train' })
export const part = dataset.select([0, 1])
export const labelled = await dataset.read(0)
export const report = await atrous.checkDataset(dataset, { onProgress: done => done })
export const trainer = new atrous.Trainer(model, dataset, { steps: 10, classWeights: 'balanced' }, { report })
export const resumed = await atrous.Trainer.resume('run', dataset)
export const { recipe, step, warnings } = trainer
export const steps = trainer[Symbol.asyncIterator]()
export const scores = await atrous.evaluate(model, dataset, { onImage: ({ prediction }) => void prediction })

export const errors = [
  atrous.UserError,
  atrous.NoAdapterError,
  atrous.DeviceLostError,
  atrous.OutOfMemoryError,
]
export const isUserError = (error: unknown) => error instanceof atrous.UserError
export const bootstrapped = [...atrous.HARD_CLASSES]
export const load = (name: string) => Promise.all([atrous.DeepLab.load(name), atrous.openGpu()])
export class Wrapped {
  readonly model = model
  segment = (photos: atrous.ImageSource[], options?: atrous.SegmentOptions) =>
    this.model.segment(photos, options)
}
