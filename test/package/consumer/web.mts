// A page's program that exports everything from the library: compiled with declarations, every type must be nameable from outside.

import * as atrous from 'atrous'
import { DeepLab } from 'atrous/bundle'
import * as web from 'atrous/web'

export const same: typeof atrous.DeepLab = web.DeepLab
export const bundled: typeof atrous.DeepLab = DeepLab
export const model = await atrous.DeepLab.load('scenes', { onProgress: ({ file }) => console.log(file) })
export const files = (input: HTMLInputElement) => atrous.DeepLab.load(Array.from(input.files!))
export const untrained = await atrous.DeepLab.create({ backbone: 'resnet50', aspp: { rates: [6] } })
export const { config, classNames, gpu, state } = model
export const { device, info } = gpu

export const image = await atrous.readImage(new Blob(), { maxPixels: 1e6 })
export const found = await model.segment(image, { scales: [0.5, 1], flip: true })
export const onPage = (drawable: HTMLImageElement | HTMLVideoElement | ImageBitmap) => model.segment(drawable)
export const all = await model.segment([new Blob(), image])
export const { classes, mask } = found
export const tuned = await model.tune(image, { seconds: 5, onProgress: progress => progress.convolution })

export const shape = atrous.preset('table5.mg124.aspp6-12-18.pool.os16')
export const isUserError = (error: unknown) => error instanceof atrous.UserError
export class Wrapped {
  readonly model = model
  segment = (photos: atrous.ImageSource[], options?: atrous.SegmentOptions) =>
    this.model.segment(photos, options)
}
