// What the readers of images with channels of their own have in common.

import { UserError } from '../../errors.ts'
import { channelsText } from '../../inference/photo.ts'
import type { Size } from '../../library/pixels.ts'
import type { sampledImage } from '../../library/samples.ts'

/** A file whose header has been read. */
export interface SamplesFile extends Size {
  /** The numbers, row by row from the top, the channels of a pixel together. */
  read(): Promise<Parameters<typeof sampledImage>[0]['data']>
}

/** Throws a UserError if a file has other channels than the network. */
export function expectChannels(found: number, expected: number): void {
  if (found !== expected)
    throw new UserError(`expected ${channelsText(expected)}, as the network takes, got ${found}`)
}
