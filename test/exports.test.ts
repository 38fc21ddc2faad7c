// No two exported things of src have one name, so that a name means one thing wherever it is read. Only `node` and `web` have
// names in common: those of the same thing on their platform.

import { expect } from 'chai'
import { unnamedExports } from './support/exports.ts'
import { sources } from './support/sources.ts'

const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) +([\w$]+)/gm

/** Generated: from ONNX's own definitions, and the shaders, which are named like their kernels. */
const GENERATED = ['onnx/onnx_pb.ts', 'gpu/shaders.gen.ts']

describe('exported names', () => {
  for (const other of ['node', 'web'])
    it(`without ${other} are declared in one module each`, () => {
      const modules = new Map<string, Set<string>>()
      for (const { path, text } of sources())
        if (!GENERATED.includes(path) && !path.startsWith(`${other}/`))
          for (const [, name] of text.matchAll(DECLARATION))
            modules.set(name, (modules.get(name) ?? new Set()).add(path))
      expect(modules.size).to.be.above(500)
      const duplicates = [...modules].filter(([, paths]) => paths.size > 1)
      expect(duplicates.map(([name, paths]) => `${name}: ${[...paths].join(', ')}`)).to.deep.equal([])
    })
})

/** What is exported for a test that looks at it alone. The list may only shrink. */
const ONLY_TESTED: Record<string, readonly string[]> = {
  'cli/doctor/doctor.ts': ['adapterText', 'kernelsText'],
  'cli/segment/segment_inputs.ts': ['photosOf'],
  'cli/segment/segment_results.ts': ['probabilityFiles'],
  'cli/train/train_curves.ts': ['COLOUR'],
  'cli/train/train_progress.ts': ['trainingLog'],
  'cli/tune/tune.ts': ['TuneReport', 'tuneText'],
  'cli/worker.ts': ['workerEvents'],
  'gpu/launch_times.ts': ['guessedMilliseconds'],
  'gpu/quirks/subgroup_lanes.ts': ['subgroupLanes'],
  'gpu/submits.ts': ['Work'],
  'graph/convolution/choose.ts': ['strategiesFor'],
  'graph/convolution/vendors.ts': ['allRowTiles'],
  'graph/passes/index.ts': ['fusingPasses'],
  'graph/tune/tune.ts': ['fastestOf'],
  'kernels/ceilings/multiply_add.ts': ['STEPS'],
  'kernels/convolution/tap_regions.ts': ['Axis', 'Stretch'],
  'library/model_files.ts': ['defaultNames'],
  'library/photo_runner.ts': ['PhotoSteps', 'RunLimits'],
  'model/backbones/resnet_graph.ts': ['EPSILON'],
  'model/backbones/vgg16_graph.ts': ['bilinearKernel'],
  'model/recognition/index.ts': ['recogniseNetwork'],
  'node/tuning.ts': ['FileTuningStore'],
  'queue/worker.ts': ['WorkerOptions'],
  'server/batcher.ts': ['BatchModel', 'BatchOptions'],
  'server/bounded_json.ts': ['readBoundedJson'],
  'server/tensors.ts': ['readUint8s'],
  'train/random.ts': ['philox'],
  'weights/pickle_opcodes.ts': ['PICKLE_OPCODES'],
}

describe('the exports of src', () => {
  it('are named by another module, or exported by the package', () => {
    expect(unnamedExports({ tests: true })).to.deep.equal([])
  })

  it('are named by more than tests, with the exceptions of the list', () => {
    const exceptions = Object.entries(ONLY_TESTED).flatMap(([path, names]) =>
      names.map(name => `src/${path}: ${name}`),
    )
    expect(unnamedExports({ tests: false })).to.have.members(exceptions)
  })
})
