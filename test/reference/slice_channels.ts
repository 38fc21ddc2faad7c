import type { Array4 } from './array4.ts'

/** Channels offset … offset + channels of [n, h, w, c]. */
export function sliceChannels({ shape, data }: Array4, offset: number, channels: number): Array4 {
  const [n, h, w, c] = shape
  const isTaken = (channel: number) => channel >= offset && channel < offset + channels
  return { shape: [n, h, w, channels], data: data.filter((_, i) => isTaken(i % c)) }
}
