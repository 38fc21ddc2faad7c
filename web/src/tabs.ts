// The panels beside the picture, of which one is open: View, Teach or Export.

import { button, byId } from './dom.ts'
import { doing } from './messages.ts'

const NAMES = ['view', 'teach', 'export'] as const
type TabName = (typeof NAMES)[number]

const tabs = NAMES.map(name => ({
  name,
  tab: button(`${name}-tab`),
  panel: byId(`${name}-panel`, HTMLElement),
}))

/**
 * Calls `onOpen` with each panel that the user opens, and shows the panel once that is done. The arrow keys go from tab to tab, as the
 * ARIA practices say.
 */
export function useTabs(onOpen: (name: TabName) => Promise<void>): void {
  let wanted: TabName = 'view'
  for (const [index, { name, tab }] of tabs.entries()) {
    tab.addEventListener('click', () => {
      wanted = name
      doing(async () => {
        await onOpen(name)
        if (wanted === name) open(name)
      })
    })
    tab.addEventListener('keydown', ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
      if (!step) return
      const next = tabs[(index + step + tabs.length) % tabs.length].tab
      next.focus()
      next.click()
    })
  }
  open('view')
}

function open(name: TabName): void {
  for (const { name: other, tab, panel } of tabs) {
    tab.setAttribute('aria-selected', String(other === name))
    tab.tabIndex = other === name ? 0 : -1
    panel.hidden = other !== name
  }
}
