// What the pages of all engines do: load the engine, segment the photo once, and then again whenever the bench asks.

export interface Engine {
  /** From decoded pixels in the page's memory to class ids in the page's memory. */
  segment(photo: ImageData): Promise<Segmented>
}

export interface Segmented {
  /** A class id for each pixel, below 128. */
  mask: Uint8Array
  /** The part of the time in the network itself, if the engine leaves preparing the photo and finding the classes to the page. */
  networkMilliseconds?: number
}

export interface Run {
  milliseconds: number
  networkMilliseconds?: number
  /** A character for each pixel, whose code is the class id: quicker to hand out of a page than an array of numbers. */
  mask: string
}

declare global {
  interface Window {
    /** Its time is from the start of the navigation to the first mask. */
    firstRun: Promise<Run>
    run(): Promise<Run>
  }
}

export function serve(load: () => Promise<Engine>): void {
  const loaded = Promise.all([load(), readPhoto('photo.png')])
  window.run = async () => {
    const [engine, photo] = await loaded
    const start = performance.now()
    const { mask, networkMilliseconds } = await engine.segment(photo)
    const milliseconds = performance.now() - start
    return { milliseconds, networkMilliseconds, mask: new TextDecoder().decode(mask) }
  }
  window.firstRun = window.run().then(run => ({ ...run, milliseconds: performance.now() }))
}

async function readPhoto(url: string): Promise<ImageData> {
  const bitmap = await createImageBitmap(await (await fetch(url)).blob())
  const { width, height } = bitmap
  const context = new OffscreenCanvas(width, height).getContext('2d')!
  context.drawImage(bitmap, 0, 0)
  return context.getImageData(0, 0, width, height)
}
