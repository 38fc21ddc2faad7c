// Progress bars on stderr, since stdout is for results only. There are none with --quiet or if stderr is not a terminal.

import { basename } from 'node:path'
import cliProgress from 'cli-progress'
import type { DownloadProgress } from '../library/downloads.ts'
import { bytesText } from './format.ts'
import { isQuiet } from './quiet.ts'

const canShow = () => process.stderr.isTTY && !isQuiet()

interface CountBar {
  step(): void
  stop(): void
}

/** A bar that counts `total` items of about the same duration. `shown` is false if other output shows the progress. */
export function countBar(total: number, things: string, { shown }: { shown: boolean }): CountBar {
  if (!shown || !canShow()) return { step() {}, stop() {} }
  const format = `{bar} {value} of {total} ${things} · {eta_formatted} left`
  const bar = new cliProgress.SingleBar({ clearOnComplete: true, format }, cliProgress.Presets.shades_classic)
  bar.start(total, 0)
  return { step: () => bar.increment(), stop: () => bar.stop() }
}

export interface DownloadBar {
  onProgress?: (progress: DownloadProgress) => void
  onWarning(message: string): void
  stop(): void
}

/** A bar for downloads, one file after the other, which also prints warnings about them. */
export function downloadBar(): DownloadBar {
  const onWarning = (message: string) => {
    if (!isQuiet()) console.error(`warning: ${message}`)
  }
  if (!canShow()) return { onWarning, stop() {} }
  const format = '{file} {bar} {received}, {speed}/s · {eta_formatted} left'
  const options = { format, barsize: 20, etaBuffer: 100 }
  let bar: cliProgress.SingleBar | undefined
  let current = { file: '', since: 0, resumedAt: 0 }
  return {
    onProgress({ file, receivedBytes, totalBytes = 0 }) {
      const isNew = file !== current.file
      if (isNew) current = { file, since: performance.now(), resumedAt: receivedBytes }
      const seconds = Math.max(0.001, (performance.now() - current.since) / 1000)
      const total = totalBytes > 0 ? ` of ${bytesText(totalBytes)}` : ''
      const texts = {
        file: basename(file),
        received: `${bytesText(receivedBytes)}${total}`,
        speed: bytesText(Math.round((receivedBytes - current.resumedAt) / seconds)),
      }
      if (isNew) {
        bar?.stop()
        bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic)
        bar.start(totalBytes, receivedBytes, texts)
      } else bar?.update(receivedBytes, texts)
    },
    onWarning(message) {
      bar?.stop() // the warning gets its own line; the next bar starts below it
      current.file = ''
      onWarning(message)
    },
    stop() {
      bar?.stop()
    },
  }
}

export interface StageBar {
  /** Shows the number of finished items and the present stage. */
  show(done: number, stage: string): void
  /** Clears the line for other output until `show` is called again. */
  hide(): void
}

/**
 * A bar for items of long and different durations: it counts them, and shows the time. `lines`: without a terminal each stage is a line, where
 * a stage takes long.
 */
export function stageBar(total: number, { lines = false } = {}): StageBar {
  if (lines && !canShow() && !isQuiet())
    return { show: (done, stage) => console.error(`${done + 1} of ${total} · ${stage}`), hide() {} }
  if (!canShow()) return { show() {}, hide() {} }
  const format = '{bar} {duration_formatted} · {stage}'
  const options = { clearOnComplete: true, format, barsize: 20 }
  const bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic)
  return {
    show(done, stage) {
      if (!bar.isActive) bar.start(total, done, { stage })
      else bar.update(done, { stage })
    },
    hide: () => bar.stop(),
  }
}
