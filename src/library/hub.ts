// Hugging Face's hub.

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
