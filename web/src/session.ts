// What the page does: one model, and one picture at a time: a photo, or the camera's frames.

import type { Gpu } from '../../src/gpu/gpu.ts'
import {
  DeepLab,
  type GpuClassMap,
  type GpuSegmentation,
  type Image,
  type OnGpuOptions,
  readImage,
} from '../../src/web/index.ts'
import { type Camera, startCamera } from './camera.ts'
import { input } from './dom.ts'
import { milliseconds, Stopwatch, showFacts, showGpu, showMemory } from './facts.ts'
import { showProgress } from './messages.ts'
import type { ModelSource } from './model_panel.ts'
import type { Photo } from './photos.ts'
import { CrfControl } from './settings/crf_control.ts'
import { networkSettings, offerStrides, settings } from './settings/settings.ts'
import { Legend } from './stage/legend.ts'
import { type Picture, Stage } from './stage/stage.ts'
import { zoom } from './stage/zoom.ts'

/** Frames between two counts of the legend's shares. */
const FRAMES_PER_COUNT = 10

/** What changes the camera's frames before they are shown. */
export interface LiveView {
  /** The result stays as it is until the next frame is shown. */
  apply(gpu: Gpu, frame: Picture): Promise<Picture>
  /** Called when no frame of the camera is shown any more. */
  end(): void
}

/** A photo with its pixels, as the network takes them. */
export interface ShownPhoto extends Photo {
  image: Image
}

export class Session {
  /** Called when another model is open, and when another photo is shown. */
  onModel: (model: DeepLab) => void = () => undefined
  onPhoto: () => void = () => undefined
  /** Takes labels of the photo from a file: a class id for each of its pixels, or 255 for none. */
  onLabels: (labels: Uint8Array) => void = () => undefined
  live: LiveView = { apply: async (_, frame) => frame, end: () => undefined }
  readonly #shownListeners: (() => void)[] = []
  readonly #legend = new Legend(() => this.#stage?.repaint())
  readonly #crf = new CrfControl(
    () => this.#model && this.photo && { model: this.#model, image: this.photo.image },
  )
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

  /** Whether the picture is the camera's. */
  get isLive(): boolean {
    return this.#camera !== undefined
  }

  get model(): DeepLab | undefined {
    return this.#model
  }

  /** The photo that is shown with its class map, on the GPU. */
  get shown(): GpuSegmentation | undefined {
    return this.#shown
  }

  /** The colours of the classes as they are shown. */
  get colours(): Uint32Array {
    return this.#legend.colours
  }

  /** Calls `listener` when the photo is segmented and shown, and when there is the camera in its place. */
  onShown(listener: () => void): void {
    this.#shownListeners.push(listener)
  }

  #tellShown(): void {
    for (const listener of this.#shownListeners) listener()
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

  async #segment(model: DeepLab, shown: Photo, signal: AbortSignal): Promise<void> {
    const times = new Stopwatch()
    showProgress('Decoding …')
    const photo = this.photo?.image ?? (await readImage(shown.blob, { name: shown.name }))
    signal.throwIfAborted()
    this.#decoded = { ...shown, image: photo }
    this.onPhoto()
    times.lap('Decoding')
    const onProgress = ({ done, total }: { done: number; total: number }) =>
      showProgress(`Compiling ${done} of ${total} kernels …`, done / total)
    const { tile, crf } = settings()
    const [size, window] = tile === undefined ? [photo] : [{ width: tile, height: tile }, { size: tile }]
    const output = crf === undefined ? 'mask' : 'probabilities'
    await model.warmUp(size, { ...networkSettings(), ...window, output, onProgress, signal })
    times.lap('Compiling')
    showProgress('Segmenting …')
    const onTile = ({ done, total }: { done: number; total: number }) =>
      showProgress(`Segmenting tile ${done} of ${total} …`, done / total)
    const run = (onIteration?: OnGpuOptions['onIteration']) =>
      model.segmentOnGpu(photo, { ...settings(), onTile, onIteration, signal })
    const found = await (crf === undefined ? run() : this.#crf.run({ model, image: photo, signal }, run))
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
    this.#tellShown()
  }

  async startCamera(): Promise<void> {
    this.#camera?.stop()
    this.#running?.abort()
    this.#photo = undefined
    zoom.fit()
    const camera = await startCamera()
    this.#camera = camera
    this.#tellShown()
    camera.signal.addEventListener('abort', () => {
      if (this.#camera === camera) this.#camera = undefined
    })
    await this.#follow(camera)
  }

  /** Stops the camera, and returns its last picture as a photo. */
  async freeze(): Promise<File[]> {
    if (!this.#camera) return []
    showProgress('Freezing …')
    const bitmap = await createImageBitmap(this.#camera.video)
    this.#camera.stop()
    this.#frozen++
    return [new File([await pngOf(bitmap)], `camera ${this.#frozen}.png`, { type: 'image/png' })]
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
        const picture = await this.live.apply(model.gpu, frame)
        await stage.show(picture)
        shown = picture
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
    if (this.#camera) return // which goes on with other settings
    this.live.end()
    this.#tellShown()
  }

  async #show(found: GpuSegmentation, stage: Stage): Promise<void> {
    await stage.show(found)
    this.#shown?.release()
    this.#shown = found
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
