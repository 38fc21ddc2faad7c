// What the names of files say about their contents.

/** The photos of a folder, a pattern or an archive. A single file may have any name. */
const IMAGE_NAME = /\.(jpe?g|png|webp|avif|tiff?|gif)$/i
/** Files that the command writes. */
const RESULT_NAME = /\.(mask|overlay|probabilities\.\d+-[^/\\.]*)\.png$/i

export const IMAGE_KINDS = 'JPEG, PNG, WebP, AVIF, TIFF or GIF'

export const isResult = (file: string): boolean => RESULT_NAME.test(file)

/** macOS creates hidden files `._photo.jpg` that are not images. */
export const isPhoto = (file: string): boolean =>
  IMAGE_NAME.test(file) && !isResult(file) && !/(^|[/\\])\.[^/\\]*$/.test(file)

export const isArchive = (file: string): boolean => /\.tar$/i.test(file)
