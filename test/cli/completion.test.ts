import { execFile, spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { readRegistry } from '../../src/node/downloads/pull.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { skip } from '../support/skip.ts'
import { atrous } from './support.ts'

const SHELLS = { bash: 'bash', zsh: 'zsh', fish: 'fish', powershell: 'pwsh' }

const isThere = (program: string) => spawnSync(program, ['--version']).status === 0

describe('atrous completion', () => {
  const path = useTemporaryFolder()

  for (const [shell, program] of Object.entries(SHELLS))
    it(`${shell}: a script with every command and option, without syntax errors`, async () => {
      const { code, stdout, stderr } = await atrous('completion', shell)
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
      for (const name of ['segment', 'convert', 'overwrite', 'fp16', 'deeplabv3_resnet50_coco'])
        expect(stdout, name).to.include(name)
      if (!isThere(program)) return
      await writeFile(path('script'), stdout)
      if (shell !== 'powershell') await promisify(execFile)(program, ['-n', path('script')])
    })

  it('an unknown shell gives one line', async () => {
    const { code, stderr } = await atrous('completion', 'tcsh')
    expect(code).to.equal(1)
    expect(stderr).to.match(
      /^error: [^\n]*'tcsh' is invalid[^\n]* Allowed choices are bash, zsh, fish, powershell\.\n$/,
    )
  })

  it('completes in bash', async function () {
    if (!isThere('bash')) skip(this, 'there is no bash')
    const { stdout } = await atrous('completion', 'bash')
    await writeFile(path('script'), stdout)
    /** One process completes all lines. Each is the line's words; the last one is completed. */
    const lines: [words: string[], replies: string[]][] = [
      [
        ['atrous', ''],
        [
          ...[
            'doctor',
            'segment',
            'serve',
            'worker',
            'evaluate',
            'compare',
            'train',
            'export',
            'masks',
            'weights',
            'bench',
            'tune',
            'crf',
          ],
          'completion',
        ],
      ],
      [
        ['atrous', 'se'],
        ['segment', 'serve'],
      ],
      [['atrous', '--v'], ['--version']],
      [
        ['atrous', 'segment', '--ou'],
        ['--out', '--output-stride'],
      ],
      [
        ['atrous', 'segment', '--precision', ''],
        ['fp32', 'fp16'],
      ],
      [
        ['atrous', 'segment', '--precision', '='],
        ['fp32', 'fp16'],
      ],
      [['atrous', 'segment', '--precision', '=', 'fp3'], ['fp32']],
      [['atrous', 'segment', 'weights', '--mod'], ['--model']],
      [
        ['atrous', 'weights', ''],
        ['list', 'pull', 'inspect', 'convert'],
      ],
      [['atrous', 'weights', 'convert', '--ov'], ['--overwrite']],
      [['atrous', 'weights', 'pull', ''], (await readRegistry()).map(({ name }) => name)],
      [['atrous', 'segment', '--model', 'deeplabv3_resnet5'], ['deeplabv3_resnet50_coco']],
      // Files and numbers: bash completes the first, and nothing the second.
      [['atrous', 'segment', 'pho'], []],
      [['atrous', 'segment', '--size', ''], []],
    ]
    const calls = lines.map(([words]) => {
      const list = words.map(word => `'${word}'`).join(' ')
      return `COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _atrous; echo "\${COMPREPLY[*]}"`
    })
    const script = `source "$0"\n${calls.join('\n')}`
    const found = await promisify(execFile)('bash', ['-c', script, path('script')])
    expect(found.stderr).to.equal('')
    const replies = found.stdout.split('\n').map(line => line.split(' ').filter(Boolean))
    for (const [i, [words, expected]] of lines.entries())
      expect(replies[i], words.join(' ')).to.have.members(expected)
  })

  it('completes in fish, if it is installed', async function () {
    if (!isThere('fish')) skip(this, 'there is no fish')
    const { stdout } = await atrous('completion', 'fish')
    await writeFile(path('script'), stdout)
    await mkdir(path('photos'))
    const complete = async (line: string) => {
      const script = `source ${path('script')}; cd ${path('.')}; complete -C '${line}'`
      const found = await promisify(execFile)('fish', ['--no-config', '-c', script])
      return found.stdout
        .trim()
        .split('\n')
        .map(each => each.split('\t')[0])
    }
    expect(await complete('atrous seg')).to.deep.equal(['segment'])
    expect(await complete('atrous segment --precision ')).to.have.members(['fp16', 'fp32'])
    expect(await complete('atrous segment pho')).to.deep.equal(['photos/'])
    expect(await complete('atrous weights p')).to.deep.equal(['pull'])
  })
})
