// Sets up this clone, draws a scene, and segments it with the weights in the package. Needs no photo, and no download except
// those of the set-up.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = 'out/demo'
const SEED = 12

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
await import('./setup.mjs')
if (!process.exitCode) demo()

function demo() {
  rmSync(FOLDER, { recursive: true, force: true })
  const picture = `${FOLDER}/scene.png`
  say(`drawing a scene: ${picture}`)
  node('--import', 'tsx', 'scripts/scenes/render_scene.ts', `${SEED}`, picture, '513', '513')
  say('segmenting it')
  node('bin/atrous.mjs', 'segment', picture, '--model', 'scenes', '--out', FOLDER)
  say(`look at ${resolve(FOLDER, 'scene.overlay.png')}`)
}

function say(line) {
  console.log(`demo: ${line}`)
}

/** Runs a program of this clone. If it fails, it has printed the reason. */
function node(...args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
