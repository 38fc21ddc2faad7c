// Hugging Face's hub.

import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'

export const HUB = 'https://huggingface.co'

/** Whether a URL is `base` or below it. */
export const isBelow = (url: string, base: string): boolean => url === base || url.startsWith(`${base}/`)

/**
 * The folder of a repository's files for the URL of a repository, `https://huggingface.co/OWNER/NAME`; else the URL. `hub`: the
 * base URL of the hub or its mirror.
 */
export function repositoryFiles(url: string, hub: string = HUB): string {
  const rest = isBelow(url, hub) ? url.slice(hub.length) : ''
  return /^\/[^/?#]+\/[^/?#]+$/.test(rest) ? `${url}/resolve/main` : url
}

/**
 * The folder of files that `hf:OWNER/NAME` or `hf:OWNER/NAME@REVISION` stands for. A revision is a branch, a tag or a commit; without one
 * it is `main`. Undefined for other text. Throws a UserError where the repository's name is not of this form.
 */
export function hubFolder(text: string): string | undefined {
  if (!text.startsWith('hf:')) return undefined
  const [, repository, revision = 'main'] = /^hf:([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/.exec(text) ?? []
  // A URL's `..` leads to another path of the hub, which would get the token.
  const isPath = [repository, revision].some(path => path?.split('/').some(part => /^\.*$/.test(part)))
  if (repository === undefined || isPath)
    throw new UserError(`${printable(text)}: expected hf:OWNER/NAME or hf:OWNER/NAME@REVISION`)
  return `${HUB}/${repository}/resolve/${encodeURIComponent(revision)}`
}
