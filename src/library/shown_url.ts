import { printable } from '../printable.ts'

/** A URL for messages, without credentials and without the values of its query or fragment, which may be signatures or tokens. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return printable(withoutSecrets(url))
  const { protocol, host, pathname, search, hash } = new URL(url)
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?…'}${hash === '' ? '' : '#…'}`
}

/** A path, a name or a URL for messages. */
export const shownSource = (text: string) => (text.includes('://') ? shownUrl(text) : text)

/** Text that is not a URL may still hold a password. */
const withoutSecrets = (text: string) => text.replace(/[?#].*$/s, '?…').replace(/\/\/.*@/s, '//')
