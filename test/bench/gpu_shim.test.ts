// The library that lets Mesa's Vulkan drivers open a GPU that is not there: Intel's. test/isa/command.test.ts has Qualcomm's and NVIDIA's.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { useTemporaryFolder } from '../node/support.ts'
import { skip } from '../support/skip.ts'

const SOURCE = fileURLToPath(new URL('../../bench/isa/gpu_shim.c', import.meta.url))
const PROGRAM = fileURLToPath(new URL('run_kernel_on_shim.ts', import.meta.url))
const DRIVER = '/usr/share/vulkan/icd.d/intel_icd.json'
const FLAGS = ['-O2', '-shared', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Werror']

const expected = {
  dg2: { architecture: 'gen-12hp', device: /a770/, subgroupMinSize: 8, subgroupMaxSize: 32 },
  tgl: { architecture: 'gen-12lp', device: /tgl/, subgroupMinSize: 8, subgroupMaxSize: 32 },
  bmg: { architecture: 'xe-2hpg', device: /bmg/, subgroupMinSize: 16, subgroupMaxSize: 32 },
}

describe('gpu_shim', () => {
  const path = useTemporaryFolder()

  beforeEach(function () {
    const missing = [...(spawnSync('gcc').error ? ['gcc'] : []), ...(existsSync(DRIVER) ? [] : [DRIVER])]
    if (missing.length) skip(this, `${missing.join(' and ')} is absent`)
    const { stderr } = spawnSync('gcc', [...FLAGS, '-o', path('shim.so'), SOURCE], { encoding: 'utf8' })
    expect(stderr).to.equal('')
  })

  const run = (gpu: string) => {
    const env = { ...process.env, VK_ICD_FILENAMES: DRIVER, VK_DRIVER_FILES: DRIVER }
    return spawnSync(process.execPath, ['--import', 'tsx', PROGRAM], {
      env: { ...env, LD_PRELOAD: path('shim.so'), ISA_GPU: gpu },
      encoding: 'utf8',
    })
  }

  for (const [name, { device, ...rest }] of Object.entries(expected))
    it(`opens ${name}, which compiles kernels and runs nothing`, () => {
      const { status, stdout, stderr } = run(name)
      expect(status, stderr).to.equal(0)
      const said = JSON.parse(stdout)
      expect(said).to.include({ vendor: 'intel', ...rest })
      expect(said.device).to.match(device)
      expect(said.output).to.deep.equal([0, 0, 0, 0])
    })

  it('names the GPUs that there are if asked for another', () => {
    const { status, stderr } = run('skl')
    expect(status).to.equal(1)
    expect(stderr).to.include('ISA_GPU is “skl”: set it to dg2, tgl, bmg, a740 or rtx3090\n')
    expect(stderr).to.include('NoAdapterError')
  })
})
