// The runtimes of the matrix: where each is found, what to install where it is not, and how it starts the probe.

import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Start {
  /** The probe's program, for runtimes that read files. */
  bundle: string
  /** The URL of the server, which also is the page for browsers. */
  server: string
  /** An empty folder, for a browser's profile. */
  profile: string
  /** Further flags of a browser. */
  flags: readonly string[]
}

export interface Runtime {
  /** Its executable; undefined if it is not installed. */
  find(): string | undefined
  install: string
  version(executable: string): string
  /** Arguments with which it runs the probe. */
  start(options: Start): string[]
}

const client = (name: string) => fileURLToPath(new URL(`clients/${name}`, import.meta.url))
const firstLine = (executable: string) =>
  execFileSync(executable, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')[0]
    .trim()

const NPM = 'npm install in test/adapters'

const node: Runtime = {
  find: () => process.execPath,
  install: '',
  version: () => `Node ${process.version}`,
  start: ({ bundle, server }) => ['--import', 'tsx', client('dawn.ts'), bundle, server],
}

const bun: Runtime = {
  find: () => installedByNpm('bun'),
  install: NPM,
  version: executable => `Bun ${firstLine(executable)}`,
  start: ({ bundle, server }) => [client('dawn.ts'), bundle, server],
}

const deno: Runtime = {
  find: () => installedByNpm('deno'),
  install: NPM,
  version: firstLine,
  start: ({ bundle, server }) => [
    'run',
    '--unstable-webgpu',
    '--allow-all',
    '--no-lock',
    client('native.mjs'),
    bundle,
    server,
  ],
}

const chromium: Runtime = {
  find: () => onPath('chromium', 'chromium-browser', 'google-chrome', 'chrome'),
  install: 'apt install chromium',
  version: firstLine,
  start: ({ server, profile, flags }) => [
    ...['--headless=new', '--no-sandbox', '--enable-unsafe-webgpu', `--user-data-dir=${profile}`],
    ...['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
    ...['--disable-sync', '--disable-dev-shm-usage', ...flags, server],
  ],
}

/** Firefox takes settings from its profile. */
const FIREFOX_SETTINGS = {
  'dom.webgpu.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  'dom.max_script_run_time': 0,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.aboutwelcome.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'datareporting.policy.firstRunURL': '',
  'toolkit.telemetry.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
}

const firefox: Runtime = {
  find: () => onPath('firefox-esr', 'firefox'),
  install: 'apt install firefox-esr (153 or newer)',
  version: firstLine,
  start({ server, profile }) {
    const settings = Object.entries(FIREFOX_SETTINGS).map(
      ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`,
    )
    writeFileSync(join(profile, 'user.js'), settings.join('\n'))
    return ['--headless', '--no-remote', '--profile', profile, server]
  },
}

export const runtimes = { node, bun, deno, chromium, firefox }
export type RuntimeName = keyof typeof runtimes

/** The first of these programs that is on the path. */
function onPath(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return names.flatMap(name => folders.map(folder => join(folder, name))).find(file => existsSync(file))
}

function installedByNpm(name: string): string | undefined {
  const file = fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url))
  return existsSync(file) ? file : undefined
}
