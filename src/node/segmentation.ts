import type { SegmentOutput } from '../inference/inference_options.ts'
import type { CutoutOptionsOf } from '../library/cutout.ts'
import { encodeMaskPng } from '../library/mask_png.ts'
import { type MaskPngOptions, paletteOf } from '../library/overlay.ts'
import { SegmentationBase } from '../library/segmentation_base.ts'
import { writeFileAtomic } from './files/atomic.ts'
import type { ImageSource } from './images/image_source.ts'
import { type OverlayOptions, overlayOptions, renderOverlay } from './overlay/overlay.ts'

export type CutoutOptions = CutoutOptionsOf<ImageSource>

/** The result for a photo. `Output` is the `output` option of `segment`. */
export class Segmentation<Output extends SegmentOutput = SegmentOutput> extends SegmentationBase<Output> {
  /**
   * Writes `prefix`.mask.png and `prefix`.overlay.png, as `maskPng` and `overlay` encode them, over files of these names. Returns
   * their paths. Throws a UserError for invalid options, and if the files cannot be written.
   */
  async save(prefix: string, options: OverlayOptions = {}): Promise<{ mask: string; overlay: string }> {
    const { palette } = options
    overlayOptions(options, this.classNames.length) // so that nothing is written by wrong ones
    const files = { mask: `${prefix}.mask.png`, overlay: `${prefix}.overlay.png` }
    await writeFileAtomic(files.mask, this.maskPng({ palette }))
    await writeFileAtomic(files.overlay, await this.overlay(options))
    return files
  }

  /** The bytes of a palette PNG of the mask, whose pixel values are class ids. Throws a UserError for invalid options. */
  maskPng(options: MaskPngOptions = {}): Uint8Array {
    return encodeMaskPng(this, paletteOf(options, this.classNames.length))
  }

  /**
   * The bytes of a PNG of the photo tinted with the colours of its classes; the background is not tinted. If the photo was shrunk
   * for the GPU, the PNG has the smaller size. Throws a UserError for invalid options.
   */
  async overlay(options: OverlayOptions = {}): Promise<Uint8Array> {
    const { palette, ...drawing } = overlayOptions(options, this.classNames.length)
    const { mask, width, height } = this
    const classes = this.classes.map(found => ({ ...found, colour: palette[found.id] }))
    return renderOverlay(this.photo, { mask, width, height, classes }, drawing)
  }

  /**
   * The bytes of a PNG or WebP of the photo's pixels of some classes on transparent ground, with soft edges, or on another background. It
   * needs the probabilities: `segment` with `output: 'probabilities'`, where `at: 'network'` takes less memory and gives softer edges.
   * If the photo was shrunk for the GPU, the picture has the smaller size. Throws a UserError for invalid options.
   */
  async cutout(options: CutoutOptions = {}): Promise<Uint8Array> {
    const { cutoutFile } = await import('./cutout_file.ts') // loaded only when needed
    return cutoutFile(await this.cutoutLayers(options), options)
  }
}
