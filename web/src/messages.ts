// What the page says: progress of long work, and problems.

import { byId } from './dom.ts'

const problem = byId('problem', HTMLElement)
const progress = byId('progress', HTMLElement)
const bar = byId('bar', HTMLProgressElement)

/** Shows the first line of an error. An aborted work is none. */
export function showProblem(error: unknown): void {
  if (error instanceof DOMException && error.name === 'AbortError') return
  const text = error instanceof Error ? error.message : String(error)
  problem.textContent = text.split('\n')[0]
  problem.hidden = false
  console.warn(error)
}

export function clearProblem(): void {
  problem.hidden = true
}

/** Shows what the page does, with a bar if it knows which share is done. An empty text clears both. */
export function showProgress(text: string, share?: number): void {
  progress.textContent = text
  bar.hidden = share === undefined
  bar.value = share ?? 0
}

/** Runs work of the page, and shows its problem if it fails. */
export function doing(work: () => Promise<unknown>): void {
  clearProblem()
  work().catch(error => {
    showProgress('')
    showProblem(error)
  })
}
