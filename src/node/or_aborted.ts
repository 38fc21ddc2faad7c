/**
 * The result of the work. Rejects with the signal's reason once the signal is aborted, even if the work does not heed the signal. The
 * listener is removed when the work ends: else a signal would keep one for each piece of work.
 */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
