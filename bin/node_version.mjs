// Whether this Node is new enough. Read by the command and by set-up before anything else is loaded, so it must run on old Nodes.
import { readFileSync } from 'node:fs'

/** What package.json asks for, such as `^20.19.0 || >=22.12.0`. */
export const { node: wanted } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).engines

/** One line to print where a Node version is too old; undefined where it will do. */
export function nodeProblem(version = process.versions.node) {
  if (wanted.split(' || ').some(range => satisfies(version, range))) return undefined
  const needed = wanted
    .replaceAll(/\^|>=/g, '')
    .split(' || ')
    .map(least => `${least}+`)
  return `Node ${version} is too old: Atrous needs Node ${needed.join(' or ')} (https://nodejs.org)`
}

/** Ranges are `^1.2.3` (the same major version, 1.2.3 or newer) and `>=1.2.3`. */
function satisfies(version, range) {
  const [, operator, least] = /^(\^|>=)([\d.]+)$/.exec(range)
  const [have, want] = [version, least].map(text => text.split('.').map(number => parseInt(number, 10)))
  const first = have.findIndex((number, i) => number !== want[i])
  const isNewer = first === -1 || have[first] > want[first]
  return isNewer && (operator === '>=' || have[0] === want[0])
}
