// What the page says: progress of long work, and problems.

import { byId } from './dom.ts'

const problem = byId('problem', HTMLElement)
const progress = byId('progress', HTMLElement)
const bar = byId('bar', HTMLProgressElement)

/** Where a problem stands that belongs to no button. */
const top = problem.parentElement!

/**
 * Shows the first line of an error below the row of `button`, where the user looks, or at the top of the page.
 */
export function showProblem(error: unknown, button?: HTMLElement): void {
  const row = button?.closest('.buttons, form, .offer, .classes')
  if (row) row.after(problem)
  else top.insertBefore(problem, byId('content', HTMLElement))
  const text = error instanceof Error ? error.message : String(error)
  problem.textContent = text.split('\n')[0]
  problem.hidden = false
  problem.scrollIntoView({ block: 'nearest' })
  console.warn(error)
}

const isAbort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError'

export function clearProblem(): void {
  problem.hidden = true
}

/** Shows what the page does, with a bar if it knows which share is done. An empty text clears both. */
export function showProgress(text: string, share?: number): void {
  progress.textContent = text
  bar.hidden = share === undefined
  bar.value = share ?? 0
}

/** Runs work of the page, and shows its problem if it fails, beside the button that began it. */
export function doing(work: () => Promise<unknown>, button?: HTMLElement): void {
  clearProblem()
  work().catch(error => {
    if (isAbort(error)) return // another work began, and shows its own progress
    showProgress('')
    showProblem(error, button)
  })
}

/** Runs work at each click of a button. */
export function onClick(button: HTMLElement, work: () => Promise<unknown>): void {
  button.addEventListener('click', () => doing(work, button))
}
