// TIFF files of any number of channels, in one page or a page each.

import type { GeoTIFF, GeoTIFFImage } from 'geotiff'
import { UserError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { expectChannels, type SamplesFile } from './samples_format.ts'

/** Grey or any bands, and RGB. */
const PLAIN = [1, 2]

type Rasters = Awaited<ReturnType<SamplesFile['read']>>

/**
 * The first page if it has so many channels: the pages after it are smaller copies. Else as many pages of one size as together have them.
 * Throws a UserError for other files.
 */
export async function openTiff(bytes: Uint8Array, channels: number): Promise<SamplesFile> {
  const { fromArrayBuffer } = await import('geotiff') // few programs need it
  const file = await decoded(() => fromArrayBuffer(bytes.slice().buffer as ArrayBuffer))
  const pages = [await decoded(() => file.getImage(0))]
  const each = pages[0].getSamplesPerPixel()
  while (pages.length * each < channels) {
    const page = await pageAt(file, pages.length)
    if (!page || page.getSamplesPerPixel() !== each) break
    pages.push(page)
  }
  expectChannels(pages.length * each, channels)
  const [width, height] = [pages[0].getWidth(), pages[0].getHeight()]
  for (const page of pages) checkPage(page, { width, height })
  return {
    width,
    height,
    async read() {
      const rasters: Rasters[] = []
      for (const page of pages)
        rasters.push((await decoded(() => page.readRasters({ interleave: true }))) as unknown as Rasters)
      return pages.length === 1 ? rasters[0] : together(rasters, each)
    },
  }
}

/** Undefined behind the last page. Pages are asked for one by one: a damaged file's may lead in a circle. */
const pageAt = (file: GeoTIFF, index: number): Promise<GeoTIFFImage | undefined> =>
  file.getImage(index).catch(() => undefined)

function checkPage(page: GeoTIFFImage, { width, height }: { width: number; height: number }): void {
  const [w, h] = [page.getWidth(), page.getHeight()]
  if (w !== width || h !== height)
    throw new UserError(`pages of ${width}×${height} and of ${w}×${h} pixels: expected pages of one size`)
  if (!(width > 0 && height > 0)) throw new UserError(`a TIFF of ${width}×${height} pixels`)
  const { BitsPerSample: [bits] = [1], PhotometricInterpretation: colours } = page.fileDirectory
  if (![8, 16, 32, 64].includes(bits))
    throw new UserError(`a TIFF of ${bits} bits a channel: expected 8, 16, 32 or 64`)
  if (colours !== undefined && !PLAIN.includes(colours))
    throw new UserError(
      `a TIFF with a palette or another colour space (photometric interpretation ${colours}): save it as grey or RGB`,
    )
}

/** The channels of all pages at each pixel. */
function together(rasters: Rasters[], each: number): Rasters {
  const pixels = rasters[0].length / each
  const all = new (rasters[0].constructor as Uint8ArrayConstructor)(pixels * each * rasters.length)
  let to = 0
  for (let pixel = 0; pixel < pixels; pixel++)
    for (const raster of rasters)
      for (let channel = 0; channel < each; channel++) all[to++] = raster[pixel * each + channel]
  return all
}

async function decoded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UserError) throw error
    const [line] = (error as Error).message.split('\n', 1)
    throw new UserError(`damaged, cut short, or of a compression that is not read (${printable(line)})`)
  }
}
