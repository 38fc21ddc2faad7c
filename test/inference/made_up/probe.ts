// What each part of the package makes of the option `madeUp`, as JSON. options.test.ts runs this in a copy of src that declares it.

import type { Command } from 'commander'
import { compareCommand } from '../../../src/cli/compare/compare.ts'
import { crfCommand } from '../../../src/cli/crf.ts'
import { evaluateCommand } from '../../../src/cli/evaluate.ts'
import { optionFlag } from '../../../src/cli/inference_options.ts'
import { segmentCommand } from '../../../src/cli/segment/segment.ts'
import { serveCommand } from '../../../src/cli/serve.ts'
import { checkInferenceOptions } from '../../../src/inference/views.ts'
import { checkSegmentOptions, checkTuneOptions } from '../../../src/library/segment_options.ts'
import { preset } from '../../../src/model/index.ts'
import { parseJob } from '../../../src/queue/job.ts'
import { addRoutes, createHttpServer } from '../../../src/server/http_server.ts'
import { segmentParameters } from '../../../src/server/photos_request.ts'
import { evaluate } from '../../../src/train/evaluate.ts'
import { checkOnGpuOptions } from '../../../src/web/on_gpu_options.ts'
import { CONTROLS, valueIn } from '../../../web/src/settings/controls.ts'

/** The result, or the message of the refusal. */
const attempt = async (work: () => unknown) => {
  try {
    return (await work()) ?? 'taken'
  } catch (error) {
    return (error as Error).message
  }
}

const help = (command: Command) => {
  let text = ''
  command.configureOutput({ writeOut: more => (text += more) })
  command.outputHelp()
  return text.replace(/\s+/g, ' ')
}

const given = (value: unknown) => ({ madeUp: value }) as object
const { config } = preset('deeplabv3_resnet50')
const control = CONTROLS.find(({ option }) => (option as string) === 'madeUp')!
const job = (value: unknown) => ({ input: 'a.jpg', output: 'b', options: given(value) })
const server = createHttpServer({ timeout: 1, maxBodyBytes: 1, maxConnections: 1 } as never, 'silent')
addRoutes(server, { limits: {}, version: '1', hasToken: false, models: {}, metrics: {} } as never)
await server.ready()
const { paths, components } = server.swagger() as never as {
  paths: { '/segment': { post: { parameters: { name: string; schema: object; description?: string }[] } } }
  components: {
    schemas: { inference_request: { properties: { parameters: { properties: Record<string, object> } } } }
  }
}

console.log(
  JSON.stringify({
    help: {
      segment: help(segmentCommand()),
      evaluate: help(evaluateCommand()),
      compare: help(compareCommand()),
      crfTune: help(crfCommand().commands[0]),
      serve: help(serveCommand()),
    },
    flag: await attempt(() => optionFlag('madeUp' as never).parseArg!('3', undefined)),
    wrongFlag: await attempt(() => optionFlag('madeUp' as never).parseArg!('8', undefined)),
    parameter: await attempt(() => segmentParameters({ made_up: '3' }, {})),
    wrongParameter: await attempt(() => segmentParameters({ made_up: '8' }, {})),
    query: paths['/segment'].post.parameters.find(({ name }) => name === 'made_up'),
    request: components.schemas.inference_request.properties.parameters.properties.made_up,
    job: await attempt(() => parseJob(job(3)).options),
    wrongJob: await attempt(() => parseJob(job(8))),
    segment: await attempt(() => checkSegmentOptions(given(3), false)),
    onGpu: await attempt(() => checkOnGpuOptions(given(3))),
    tune: await attempt(() => checkTuneOptions(given(3))),
    evaluate: await attempt(() => evaluate({} as never, {} as never, given(3))),
    network: await attempt(() => checkInferenceOptions(config, given(3))),
    wrongValue: await attempt(() => checkInferenceOptions(config, given(8))),
    control,
    controlled: await attempt(() => valueIn(control, '3')),
    wrongControl: await attempt(() => valueIn(control, '8')),
  }),
)
