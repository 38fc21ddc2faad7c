// `atrous weights list`: lists the models available by name.

import { Command } from 'commander'
import { isPulled, readRegistry } from '../../node/downloads/pull.ts'
import { table } from '../format.ts'

const NOTES = `
Any option for a model takes these names. The first use downloads the model:
  atrous segment photo.jpg --model deeplabv3_resnet50_coco

Downloads are kept in $ATROUS_CACHE, else in the system's cache folder.
\`atrous weights pull --help\` explains proxies, mirrors and tokens.`

export function listCommand(): Command {
  return new Command('list')
    .summary('list the public checkpoints')
    .description('Lists the public checkpoints: their size, their licence, and whether they are downloaded.')
    .option('--json', 'print an array')
    .addHelpText('after', NOTES)
    .action(list)
}

async function list({ json }: { json?: true }): Promise<void> {
  const registry = await readRegistry()
  const entries = await Promise.all(
    registry.map(async entry => ({
      name: entry.name,
      description: entry.description,
      classes: entry.classes,
      megabytes: entry.megabytes,
      licence: entry.licence,
      source: entry.source,
      downloaded: await isPulled(entry),
    })),
  )
  if (json) console.log(JSON.stringify(entries, undefined, 2))
  else {
    const rows = entries.map(({ name, megabytes, licence, downloaded, description }) => [
      name,
      `${megabytes.toFixed(1)} MB`,
      downloaded ? 'yes' : 'no',
      licence,
      description,
    ])
    console.log(table([['name', 'size', 'downloaded', 'licence', 'description'], ...rows]))
  }
}
