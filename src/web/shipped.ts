// Where the weights that come with the package lie.

import { UserError } from '../errors.ts'
import { shownUrl } from '../library/downloads.ts'

/**
 * Each URL is a literal, relative to this module: bundlers that know `new URL(…, import.meta.url)` copy the file and rewrite the
 * URL. They are made when they are needed: a bundle in another format than a module has no `import.meta.url`. `?no-inline` keeps
 * Vite from putting small files into the bundle as data: URLs, which a Content-Security-Policy may forbid to fetch.
 */
const FILES: Readonly<Record<string, () => URL>> = {
  'registry.json': () => new URL('../../weights/registry.json?no-inline', import.meta.url),
  'scenes/config.json': () => new URL('../../weights/scenes/config.json?no-inline', import.meta.url),
  'scenes/model.safetensors': () => new URL('../../weights/scenes/model.safetensors', import.meta.url),
}

/** The advice at the end of errors about shipped files. */
export const ABOUT_BASE_URL = "pass baseUrl, the URL of a copy of the package's folder weights"

/** The names of the files of a shipped model; none for any other name. */
export function shippedFiles(model: string): string[] {
  const prefix = `${model}/`
  return Object.keys(FILES)
    .filter(path => path.startsWith(prefix))
    .map(path => path.slice(prefix.length))
}

/** The URL of a file of the package's folder of weights. Throws a UserError if nobody can say where that is. */
export function shippedUrl(path: string, baseUrl?: string | URL): string {
  if (baseUrl === undefined) {
    const url = urlInPackage(path)
    if (url !== undefined) return url
    throw new UserError(`${path}: this bundle does not know its own URL: ${ABOUT_BASE_URL}`)
  }
  const base = absolute(`${baseUrl}`)
  if (base === undefined) throw new UserError(`baseUrl: expected a URL, got ${shownUrl(`${baseUrl}`)}`)
  return new URL(path, base.replace(/\/?$/, '/')).href
}

/** Undefined if the bundle has no URL of its own. Next.js gives a path on the page's server. */
function urlInPackage(path: string): string | undefined {
  try {
    return absolute(FILES[path]().href)
  } catch {
    return undefined
  }
}

/** A URL as it is from the page or the worker; undefined if it is none. */
export function absolute(url: string): string | undefined {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href
  return URL.canParse(url, base) ? new URL(url, base).href : undefined
}
