// The quirks that the environment's ATROUS_WITHOUT switches off: those of devices, and those of Dawn in Node.

import { QUIRKS, type Quirk } from '../../gpu/quirks/quirks.ts'
import { checkOption, oneOfTexts } from '../../options.ts'

/**
 * - `polling`: Dawn polls once a millisecond, and not in a tight loop: slow_polling.ts.
 * - `warnings`: the command hides Dawn's warnings about the limits of software adapters: dawn_warnings.ts.
 */
const DAWN_QUIRKS = ['polling', 'warnings'] as const

interface SwitchedOff {
  /** Quirks of devices. */
  without: Quirk[]
  polling: boolean
  warnings: boolean
}

/** The quirks that ATROUS_WITHOUT names, such as `textures,polling`. Throws a UserError for an unknown name. */
export function switchedOff({ ATROUS_WITHOUT = '' } = process.env): SwitchedOff {
  const names = ATROUS_WITHOUT.split(',').filter(name => name !== '')
  for (const name of names) checkOption('ATROUS_WITHOUT', name, oneOfTexts(...QUIRKS, ...DAWN_QUIRKS))
  return {
    without: QUIRKS.filter(quirk => names.includes(quirk)),
    polling: names.includes('polling'),
    warnings: names.includes('warnings'),
  }
}
