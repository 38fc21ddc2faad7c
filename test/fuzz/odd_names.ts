// Names and paths that a careless program stumbles over.

import { below, pick } from '../support/mutants.ts'

const PIECES = [
  ...[
    'a',
    'photo',
    ' ',
    '.',
    '..',
    '-',
    '~',
    '*',
    '?',
    '%s',
    '%00',
    '$HOME',
    '#',
    '&',
    '"',
    "'",
    '`',
    '\\',
    ':',
  ],
  ...['\0', '\n', '\r', '\t', '\u001b[2J', '\u0007', '\u202e', '\u2028', '\ud800'],
  ...['é', 'e\u0301', '日本', '👨‍👩‍👧', '/'],
]

export function oddName(random: () => number): string {
  const name = Array.from({ length: 1 + below(4, random) }, () => pick(PIECES, random)).join('')
  // A longer path would make messages that only look unclear.
  return random() < 0.2 ? name.repeat(1 + below(300, random)).slice(0, 400) : name
}

const PARTS = [
  ...[
    'a',
    'b',
    'A',
    'x',
    'X',
    'in',
    'out',
    '.',
    '..',
    '...',
    '',
    ' ',
    'é',
    'e\u0301',
    'aux',
    'NUL',
    'com1',
    'C:',
    'a:b',
  ],
  ...['link', 'loop', 'file', '.hidden', 'a.mask', '~', 'secret'],
]

/** A path of a few parts, such as a job or an archive may hold; now and then absolute, by `\`, or very long. */
export function oddPath(random: () => number): string {
  const part = () => (random() < 0.1 ? oddName(random).slice(0, 30) : pick(PARTS, random))
  const parts = Array.from({ length: 1 + below(4, random) }, part)
  const path = `${random() < 0.05 ? '/' : ''}${parts.join(random() < 0.05 ? '\\' : '/')}`
  return random() < 0.03 ? path + 'x'.repeat(below(250, random)) : path
}
