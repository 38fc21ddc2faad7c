// Videos by the endings of their names.

/** What ffmpeg calls the formats in which it writes videos. */
const MUXERS: Record<string, string> = {
  mp4: 'mp4',
  webm: 'webm',
  mov: 'mov',
  mkv: 'matroska',
  avi: 'avi',
}

const endingOf = (name: string): string => /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase() ?? ''

/** The format of a video that a name asks for; undefined for other names, such as a folder's. */
export const videoMuxer = (name: string): string | undefined =>
  Object.hasOwn(MUXERS, endingOf(name)) ? MUXERS[endingOf(name)] : undefined

/**
 * Whether a file is to be segmented as a video. A GIF is a photo, its first picture, unless the options only make sense for a video.
 */
export const isVideoFile = (
  file: string,
  { out, smoothing }: { out: string; smoothing?: unknown },
): boolean =>
  videoMuxer(file) !== undefined ||
  endingOf(file) === 'm4v' ||
  (endingOf(file) === 'gif' && (smoothing !== undefined || videoMuxer(out) !== undefined))
