// `atrous weights pull`: downloads a checkpoint into the cache.

import { Command } from 'commander'
import { DOWNLOAD_LIMITS } from '../../node/downloads/download.ts'
import { pullWeights } from '../../node/downloads/pull.ts'
import { downloadBar } from '../progress.ts'
import { quietableAction } from '../quiet.ts'

const EXAMPLES = `
Examples:
  atrous weights pull deeplabv3_mobilenet_v2
  folder=$(atrous weights pull google/deeplabv3_mobilenet_v2_1.0_513)
  atrous weights inspect "$folder/pytorch_model.bin"
  atrous weights pull hf:owner/name@v1.0
  atrous weights pull https://example.org/model.safetensors

An interrupted download continues where it stopped. Files in the cache are
verified, and downloaded again only if they are damaged. Each file may take
three minutes, and a second more for each ${DOWNLOAD_LIMITS.bytesPerSecond} bytes that have come. A server
that sends nothing is tried five times in these minutes.

Environment variables:
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY   proxies
  HF_TOKEN      your token at Hugging Face, for private and gated repositories
  HF_ENDPOINT   a mirror to use instead of https://huggingface.co
  NODE_EXTRA_CA_CERTS                 a file of additional trusted certificates
  ATROUS_CACHE  the folder for downloads (default: the system's cache folder)`

export function pullCommand(): Command {
  const command = new Command('pull')
    .summary('download a checkpoint by its name or URL')
    .description('Downloads a public checkpoint, verifies it and prints its folder.')
    .argument('<name>', 'a name of `atrous weights list`, or a URL')
    .addHelpText('after', EXAMPLES)
  return quietableAction(command, pull)
}

async function pull(name: string): Promise<void> {
  const { stop, ...options } = downloadBar()
  console.log(await pullWeights(name, options).finally(stop))
}
