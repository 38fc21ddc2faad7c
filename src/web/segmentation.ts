import { isBackground } from '../data/class_share.ts'
import { OPACITY } from '../data/palette.ts'
import type { SegmentOutput } from '../inference/inference_options.ts'

import type { CutoutOptionsOf } from '../library/cutout.ts'
import { type DrawOptions, drawOptions, type MaskPngOptions, paletteOf } from '../library/overlay.ts'
import { SegmentationBase } from '../library/segmentation_base.ts'
import type { ImageSource } from './photo_source.ts'

export type CutoutOptions = CutoutOptionsOf<ImageSource>

export interface ImageDataOptions extends MaskPngOptions {
  /** The opacity of the classes' colours, 0 to 1. Default 0.55. */
  opacity?: number
}

/** The result for a photo. `Output` is the `output` option of `segment`. */
export class Segmentation<Output extends SegmentOutput = SegmentOutput> extends SegmentationBase<Output> {
  /**
   * The mask in the colours of its classes, to draw over the photo: the background is transparent. It has the mask's size. Throws
   * a UserError for invalid options.
   */
  toImageData(options: ImageDataOptions = {}): ImageData {
    const { palette, opacity = OPACITY } = drawOptions(options, this.classNames.length)
    const colours = new Uint32Array(256)
    for (const found of this.classes)
      if (!isBackground(found)) {
        const [red, green, blue] = palette[found.id]
        new Uint8ClampedArray(colours.buffer, found.id * 4, 4).set([red, green, blue, opacity * 255])
      }
    const pixels = Uint32Array.from(this.mask, id => colours[id])
    return new ImageData(new Uint8ClampedArray(pixels.buffer), this.width, this.height)
  }

  /**
   * A PNG of the photo tinted with the colours of its classes, with outlines; the background is not tinted. If the photo was
   * shrunk for the GPU, the PNG has the smaller size. Throws a UserError for invalid options.
   */
  async overlay(options: DrawOptions = {}): Promise<Blob> {
    const { palette, ...drawing } = drawOptions(options, this.classNames.length)
    const { mask, width, height } = this
    const classes = this.classes.map(found => ({ ...found, colour: palette[found.id] }))
    const { overlayPng } = await import('./overlay_png.ts') // loaded only when needed
    return overlayPng(this.photo, { mask, width, height, classes }, drawing)
  }

  /** A palette PNG of the mask, whose pixel values are class ids. Throws a UserError for invalid options. */
  async maskPng(options: MaskPngOptions = {}): Promise<Blob> {
    const palette = paletteOf(options, this.classNames.length)
    const { encodeMaskPng } = await import('../library/mask_png.ts') // with its encoder, loaded only when needed
    return new Blob([encodeMaskPng(this, palette) as Uint8Array<ArrayBuffer>], { type: 'image/png' })
  }

  /**
   * A PNG or WebP of the photo's pixels of some classes on transparent ground, with soft edges, or on another background. It needs the
   * probabilities: `segment` with `output: 'probabilities'`, where `at: 'network'` takes less memory and gives softer edges. If the
   * photo was shrunk for the GPU, the picture has the smaller size. Throws a UserError for invalid options.
   */
  async cutout(options: CutoutOptions = {}): Promise<Blob> {
    const { cutoutFile } = await import('./cutout_file.ts') // loaded only when needed
    return cutoutFile(await this.cutoutLayers(options), options)
  }
}
