// The README's links and pictures are relative, for readers of the repository. A page of the npm registry has no files next to
// it. So the packed README points to them on unpkg.com, which serves the files in a published package.
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const README = fileURLToPath(new URL('../README.md', import.meta.url))
/** Another folder than the README's: npm packs every file that is called README. */
const FOLDER = fileURLToPath(new URL('../out/', import.meta.url))
const ORIGINAL = `${FOLDER}README.md`

/** The text of a README with each relative link as a URL of this version of the package. */
export function withAbsoluteLinks(readme, { name, version }) {
  const base = `https://unpkg.com/${name}@${version}/`
  return readme.replace(/\]\((?!https?:|#)([^)]+)\)/g, (_, path) => `](${base}${path})`)
}

const [, script, command] = process.argv
if (script === fileURLToPath(import.meta.url)) {
  if (command === 'pack') pack()
  else renameSync(ORIGINAL, README)
}

function pack() {
  mkdirSync(FOLDER, { recursive: true })
  copyFileSync(README, ORIGINAL)
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  writeFileSync(README, withAbsoluteLinks(readFileSync(README, 'utf8'), manifest))
}
