// For the image. Prints the optional packages with their versions in package-lock.json; with --prune, removes from node_modules
// the builds of Dawn for other platforms.
import { readdirSync, readFileSync, rmSync } from 'node:fs'

if (process.argv[2] === '--prune') {
  const dawn = 'node_modules/webgpu/dist'
  const own = `${process.platform}-${process.arch}`
  const builds = readdirSync(dawn, { withFileTypes: true }).filter(each => each.isDirectory())
  if (!builds.some(({ name }) => name === own)) throw new Error(`${dawn}: there is no build for ${own}`)
  for (const { name } of builds) if (name !== own) rmSync(`${dawn}/${name}`, { recursive: true })
} else {
  const { packages } = JSON.parse(readFileSync(new URL('package-lock.json', import.meta.url), 'utf8'))
  const peers = Object.keys(packages[''].peerDependencies)
  console.log(peers.map(name => `${name}@${packages[`node_modules/${name}`].version}`).join(' '))
}
