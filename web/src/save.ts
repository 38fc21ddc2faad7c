// Downloads: files that the page made.

import { make } from './dom.ts'

/** Offers bytes as a download. */
export function download(name: string, content: Blob): void {
  const href = URL.createObjectURL(content)
  make('a', { href, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(href), 60_000) // The browser reads it after the click.
}

/** The name without its folder and its extension. */
export const baseName = (name: string): string => name.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, '')
