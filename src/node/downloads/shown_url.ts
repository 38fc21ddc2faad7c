import { printable } from '../../printable.ts'

/**
 * A URL for messages. Credentials are left out, and so are the values of a query or a fragment: signatures and tokens stand
 * there.
 */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return printable(withoutSecrets(url))
  const { protocol, host, pathname, search, hash } = new URL(url)
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?…'}${hash === '' ? '' : '#…'}`
}

/** A path, a name or a URL for messages. */
export const shownSource = (text: string) => (text.includes('://') ? shownUrl(text) : text)

/** What is no URL may still hold a password. */
const withoutSecrets = (text: string) => text.replace(/[?#].*$/s, '?…').replace(/\/\/.*@/s, '//')
