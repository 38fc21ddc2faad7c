import { expect } from 'chai'
import { create } from 'webgpu'
import type { Shader } from '../../src/gpu/kernel.ts'
import { unroll } from '../../src/gpu/quirks/unroll.ts'
import { requestGpu } from '../../src/gpu/request_gpu.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { randomSource } from '../reference/random.ts'
import { testGpu } from '../support/gpu.ts'

describe('gpu/unroll', () => {
  it('writes a block for each turn, in which the counter is a constant', () => {
    expect(unroll('for (var p = 0u; p < 3u; p++) { a[p] = p; }')).to.equal(
      '{ const p = 0u; a[p] = p; }\n{ const p = 1u; a[p] = p; }\n{ const p = 2u; a[p] = p; }',
    )
    expect(unroll('for (var p = 5u; p < 3u; p++) { a[p] = p; }')).to.equal('')
    expect(unroll('for (var p = 1u; p < 6u; p += 2u) { f(p); }').match(/const p = \d/g)).to.deep.equal([
      'const p = 1',
      'const p = 3',
      'const p = 5',
    ])
  })

  it('leaves all other text as it is, with comments', () => {
    const before = '// for (var i = 0u; i < 2u; i++) { }\nfn f() {\n  // one\n  '
    const after = '\n  /* two */ return; // three\n}\n'
    expect(unroll(`${before}for (var i = 7u; i < 8u; i++) { g(); /* } */ }${after}`)).to.equal(
      `${before}{ const i = 7u; g(); /* } */ }${after}`,
    )
  })

  it('computes bounds of constants, of counters of outer loops, and of arithmetic', () => {
    const turns = (text: string) => unroll(text).match(/\bf\(\)/g)?.length
    expect(
      turns('const N = 4u; const M = (N + 2u) / 2u * 3u % 5u; for (var i = 0u; i < M; i++) { f(); }'),
    ).to.equal(4)
    expect(turns('const N = 9u; for (var i = N - 2u - 3u; i < N; i++) { f(); }')).to.equal(5)
    expect(
      turns('for (var i = 0u; i < M; i++) { f(); } const M = min(N, 8u) + max(N, 1u); const N = 2u;'),
    ).to.equal(4)
    expect(turns('for (var i = 0u; i < 4u; i++) { for (var j = 0u; j < i; j++) { f(); } }')).to.equal(6)
  })

  describe('leaves a loop', () => {
    const kept: Record<string, string> = {
      'whose bound is not in the text': 'for (var i = 0u; i < params.count; i++) { f(); }',
      'that a turn may leave': 'for (var i = 0u; i < 4u; i++) { if (g(i)) { break; } }',
      'with turns that may end early': 'for (var i = 0u; i < 4u; i++) { if (g(i)) { continue; } f(); }',
      'that changes its counter': 'for (var i = 0u; i < 4u; i++) { i += 1u; }',
      'that takes its counter’s address': 'for (var i = 0u; i < 4u; i++) { f(&i); }',
      'that declares its counter again': 'for (var i = 0u; i < 4u; i++) { let i = 3u; f(); }',
      'whose counter is signed': 'for (var i = 0; i < 4; i++) { f(); }',
      'that counts in another way': 'for (var i = 1u; i < 16u; i *= 2u) { f(); }',
      'of very many turns': 'for (var i = 0u; i < 1000u; i++) { f(); }',
      'that would become very long': `for (var i = 0u; i < 64u; i++) { ${'f(); '.repeat(400)} }`,
      'whose bound a variable hides':
        'const N = 4u; fn g() { let N = h(); for (var i = 0u; i < N; i++) { f(); } }',
      'whose bound a parameter hides': 'const N = 4u; fn g(N: u32) { for (var i = 0u; i < N; i++) { f(); } }',
      'whose bound its counter hides': 'const N = 4u; for (var N = 0u; N < N; N++) { f(); }',
      'without a counter': 'for (;;) { f(); }',
      'that does not end': 'for (var i = 0u; i < 4u; i++) { f();',
    }
    for (const [how, text] of Object.entries(kept)) it(how, () => expect(unroll(text)).to.equal(text))
  })

  it('unrolls the loops in a loop that it leaves', () => {
    expect(unroll('for (var i = 0u; i < n; i++) { for (var j = 0u; j < 1u; j++) { f(); } }')).to.equal(
      'for (var i = 0u; i < n; i++) { { const j = 0u; f(); } }',
    )
  })

  it('takes the block of an if whose condition it can compute, or leaves it out', () => {
    expect(unroll('const N = 4u; if (N == 4u) { f(); } if (N / 2u >= 3u) { g(); }')).to.equal(
      'const N = 4u; { f(); } ',
    )
    const kept = [
      'if (n == 4u) { f(); }',
      'if (4u == 4u) { f(); } else { g(); }',
      'if (n > 1u) { f(); } else if (3u == 4u) { g(); }',
      'if (3u < 4u && g()) { f(); }',
      'if (1u) { f(); }',
      'if (3u < 4u) { return; }',
    ]
    for (const text of kept) expect(unroll(text)).to.equal(text)
    expect(
      unroll('for (var i = 0u; i < 3u; i++) { if (i != 1u) { f(i); } }').match(/f\(i\)/g),
    ).to.have.length(2)
  })

  it('knows a hidden constant again after the block that hides it', () => {
    const text = 'const N = 1u; fn g() { { let N = h(); } for (var i = 0u; i < N; i++) { f(); } }'
    expect(unroll(text)).to.equal('const N = 1u; fn g() { { let N = h(); } { const i = 0u; f(); } }')
  })

  // Dawn's null backend has every feature and runs nothing.
  it('leaves shaders that compile', async () => {
    const gpu = await requestGpu(create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']))
    const compile = ({ name, wgsl }: Shader) =>
      gpu.pipelines.get({
        label: name,
        shader: { name, wgsl: unroll(wgsl) },
        params: {},
        inputs: {},
        outputs: {},
        workgroups: 1,
      })
    try {
      await Promise.all(Object.values(shadersByName).map(compile))
    } finally {
      gpu.destroy()
    }
  })

  it('leaves the results of random nests of loops as they are (slow)', async () => {
    const gpu = await testGpu()
    for (let seed = 1; seed <= 40; seed++) {
      const wgsl = randomProgram(randomSource(seed))
      const run = (text: string) =>
        runKernel(
          gpu,
          {
            label: `program ${seed}`,
            shader: { name: 'random', wgsl: text },
            params: { three: 3 },
            inputs: {},
            outputs: { output: 4 * CELLS },
            workgroups: 1,
          },
          {},
        )
      expect(await run(unroll(wgsl)), wgsl).to.deep.equal(await run(wgsl))
    }
  })
})

const CELLS = 8

/** A program of nested loops over a private array, some of which can be unrolled. Each statement changes the array. */
function randomProgram(random: () => number): string {
  const pick = <T>(choices: readonly T[]) => choices[Math.floor(random() * choices.length)]
  const value = (names: string[]) =>
    pick([...names, 'FIVE', '2u', 'params.three', `cells[${pick(names)} % 8u]`])
  const statement = (names: string[]) =>
    `cells[(${value(names)} + ${value(names)}) % 8u] ${pick(['=', '+=', '^='])} ${value(names)} * 3u + ${value(names)};`
  const block = (names: string[], depth: number): string => {
    const parts = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      if (depth === 0 || random() < 0.3) return statement(names)
      const counter = pick(['i', 'j', 'FIVE', `n${depth}`])
      const bound = pick(['4u', 'FIVE', 'FIVE / 2u', 'params.three', counter === 'i' ? '3u' : 'i + 1u'])
      const header = `var ${counter} = ${pick(['0u', '1u', names[0]])}; ${counter} < ${bound}; ${counter}${pick(['++', ' += 2u'])}`
      const inside = [...new Set([...names, counter])]
      const leave = random() < 0.2 ? `if (cells[0] > 99u) { ${pick(['break', 'continue'])}; }` : ''
      const hide = random() < 0.2 ? `let FIVE = ${value(inside)} % 4u;` : ''
      if (random() < 0.2)
        return `if (${pick([...names, 'FIVE'])} ${pick(['==', '<', '>='])} ${pick(['2u', 'FIVE - 3u', ...names])}) { ${block(names, depth - 1)} } ${random() < 0.3 ? `else { ${statement(names)} }` : ''}`
      return `for (${header}) { ${leave} ${hide} ${block(inside, depth - 1)} }`
    })
    return parts.join('\n')
  }
  return `
const FIVE = 5u;
struct Params { three: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(1)
fn main() {
  var cells = array<u32, 8>(1, 2, 3, 4, 5, 6, 7, 8);
  let i = 1u;
  ${block(['i'], 3)}
  for (var cell = 0u; cell < 8u; cell++) { output[cell] = cells[cell]; }
}`
}
