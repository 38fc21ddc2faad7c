// What the page does: one model, and one picture at a time: a photo, or the camera's frames.

import {
  DeepLab,
  type GpuClassMap,
  type GpuSegmentation,
  type Image,
  Painter,
  readImage,
} from '../../src/web/index.ts'
import { type Camera, startCamera } from './camera.ts'
import { button, input } from './dom.ts'
import { milliseconds, Stopwatch, showFacts, showGpu, showMemory } from './facts.ts'
import { Legend } from './legend.ts'
import { showProgress } from './messages.ts'
import type { ModelSource } from './model_panel.ts'
import type { Photo } from './photos.ts'
import { baseName, download } from './save.ts'
import { networkSettings, offerStrides, settings } from './settings.ts'
import { fitting, type Picture, Stage } from './stage.ts'
import { zoom } from './zoom.ts'

/** Frames between two counts of the legend's shares. */
const FRAMES_PER_COUNT = 10

/** A photo with its pixels, as the network takes them. */
export interface ShownPhoto {
  name: string
  image: Image
}

export class Session {
  /** Called when another model is open, and when another photo is shown. */
  onModel: (model: DeepLab) => void = () => undefined
  onPhoto: () => void = () => undefined
  readonly #legend = new Legend(() => this.#stage?.repaint())
  #model: DeepLab | undefined
  #stage: Stage | undefined
  #photo: Photo | undefined
  /** The last photo that was decoded. */
  #decoded: ShownPhoto | undefined
  #camera: Camera | undefined
  #shown: GpuSegmentation | undefined
  #running: AbortController | undefined
  /** Pictures of the camera that became photos. */
  #frozen = 0

  /** Replaces the model, and segments the picture again. */
  async load(
    source: ModelSource,
    { signal, onProgress }: { signal: AbortSignal; onProgress(text: string, share?: number): void },
  ): Promise<void> {
    onProgress('Loading the model …')
    const model = await DeepLab.load(source, {
      signal,
      onProgress: ({ file, receivedBytes, totalBytes }) =>
        onProgress(`Loading ${file} …`, totalBytes && receivedBytes / totalBytes),
    })
    await this.#close()
    this.#model = model
    showGpu(model.gpu)
    offerStrides(model)
    this.onModel(model)
    onProgress('')
    await this.again()
  }

  async showPhoto(photo: Photo): Promise<void> {
    this.#camera?.stop()
    this.#photo = photo
    zoom.fit()
    await this.again()
  }

  /** The photo that is shown, if it is not the camera's picture. */
  get photo(): ShownPhoto | undefined {
    return this.#decoded?.name === this.#photo?.name ? this.#decoded : undefined
  }

  /** Shows another class map of the photo, and releases the one before. */
  async showMap(map: GpuClassMap): Promise<void> {
    const shown = this.#shown
    const model = this.#model
    if (!shown || !model) return
    const before = shown.map
    shown.map = map
    await (await this.#stageOn(model)).show(shown)
    model.gpu.release(before.mask)
  }

  /** Segments the photo with the present model and settings. The camera takes them from the next frame on. */
  async again(): Promise<void> {
    if (this.#camera) return this.#follow(this.#camera)
    if (!this.#photo || !this.#model) return
    const { signal } = this.#begin()
    try {
      await this.#segment(this.#model, this.#photo, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** Ends the work under way, because another begins. */
  #begin(): AbortController {
    this.#running?.abort()
    this.#running = new AbortController()
    return this.#running
  }

  async #segment(model: DeepLab, { name, blob }: Photo, signal: AbortSignal): Promise<void> {
    const times = new Stopwatch()
    showProgress('Decoding …')
    const photo = this.photo?.image ?? (await readImage(blob, { name }))
    signal.throwIfAborted()
    this.#decoded = { name, image: photo }
    this.onPhoto()
    times.lap('Decoding')
    const onProgress = ({ done, total }: { done: number; total: number }) =>
      showProgress(`Compiling ${done} of ${total} kernels …`, done / total)
    const { tile } = settings()
    const [size, window] = tile === undefined ? [photo] : [{ width: tile, height: tile }, { size: tile }]
    await model.warmUp(size, { ...networkSettings(), ...window, onProgress, signal })
    times.lap('Compiling')
    showProgress('Segmenting …')
    const onTile = ({ done, total }: { done: number; total: number }) =>
      showProgress(`Segmenting tile ${done} of ${total} …`, done / total)
    const found = await model.segmentOnGpu(photo, { ...settings(), onTile, signal })
    await model.gpu.finish()
    if (signal.aborted) return found.release()
    times.lap('Network')
    const stage = await this.#stageOn(model)
    await this.#show(found, stage)
    await stage.count()
    times.lap('Drawing')
    showProgress('')
    showFacts(times.laps)
    showMemory(model.gpu)
  }

  async startCamera(): Promise<void> {
    this.#camera?.stop()
    this.#running?.abort()
    this.#photo = undefined
    zoom.fit()
    const camera = await startCamera()
    this.#camera = camera
    camera.signal.addEventListener('abort', () => {
      if (this.#camera === camera) this.#camera = undefined
    })
    await this.#follow(camera)
  }

  /** Stops the camera, and goes on with its last picture as a photo. */
  async freeze(): Promise<void> {
    if (!this.#camera) return
    showProgress('Freezing …')
    const bitmap = await createImageBitmap(this.#camera.video)
    this.#camera.stop()
    this.#frozen++
    await this.showPhoto({ name: `camera ${this.#frozen}.png`, blob: await pngOf(bitmap) })
  }

  async saveMask(): Promise<void> {
    if (!this.#model || !this.#photo) return
    const found = await this.#model.segment(this.#photo.blob, settings())
    download(`${baseName(this.#photo.name)}.mask.png`, await found.maskPng())
  }

  /** The picture as it is shown, in the photo's own size. */
  async saveOverlay(): Promise<void> {
    if (!this.#model || !this.#shown || !this.#photo) return
    const { gpu } = this.#model
    const { width, height } = fitting(this.#shown.photo, gpu.limits.maxTextureDimension2D)
    const canvas = new OffscreenCanvas(width, height)
    const painter = await Painter.create(gpu, canvas)
    await painter.paint({ ...this.#shown, colours: this.#legend.colours })
    const blob = await canvas.convertToBlob()
    painter.destroy()
    download(`${baseName(this.#photo.name)}.overlay.png`, blob)
  }

  async #follow(camera: Camera): Promise<void> {
    const model = this.#model
    if (!model) return
    const running = this.#begin()
    let frames = 0
    let last = performance.now()
    let shown: Picture | undefined
    showProgress('Waiting for the first frame …')
    await model.stream(camera.video, {
      ...{ ...networkSettings(), at: 'network' as const, smoothing: input('calm').checked },
      signal: AbortSignal.any([running.signal, camera.signal]),
      onFrame: async frame => {
        if (frames === 0) showProgress('')
        const stage = await this.#stageOn(model)
        await stage.show(frame)
        shown = frame
        const now = performance.now()
        showFacts({
          'Last frame': milliseconds(frame.milliseconds),
          'Frames per second': (1000 / (now - last)).toFixed(1),
        })
        last = now
        if (frames++ % FRAMES_PER_COUNT === 0) await stage.count()
        showMemory(model.gpu)
      },
    })
    this.#stage?.forget(shown)
  }

  async #show(found: GpuSegmentation, stage: Stage): Promise<void> {
    await stage.show(found)
    this.#shown?.release()
    this.#shown = found
    for (const id of ['save-mask', 'save-overlay']) button(id).disabled = false
  }

  /** A stage on the model's GPU, which is another one after it was lost. */
  async #stageOn({ gpu, classNames }: DeepLab): Promise<Stage> {
    this.#legend.name(classNames)
    if (this.#stage?.gpu === gpu) return this.#stage
    this.#stage?.destroy()
    this.#shown = undefined
    this.#stage = await Stage.create(gpu, this.#legend)
    return this.#stage
  }

  async #close(): Promise<void> {
    this.#running?.abort()
    this.#shown?.release()
    this.#shown = undefined
    this.#stage?.destroy()
    this.#stage = undefined
    await this.#model?.dispose()
  }
}

async function pngOf(bitmap: ImageBitmap): Promise<Blob> {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  canvas.getContext('bitmaprenderer')!.transferFromImageBitmap(bitmap)
  return canvas.convertToBlob()
}
