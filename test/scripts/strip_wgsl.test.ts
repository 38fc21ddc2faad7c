import { expect } from 'chai'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { assemble, parseInterface } from '../../src/gpu/wgsl.ts'
import { tokensOf } from '../../src/gpu/wgsl_tokens.ts'

const { stripWgsl } = await import(new URL('../../scripts/strip_wgsl.mjs', import.meta.url).href)

const stripped = (wgsl: string): string => stripWgsl(wgsl, tokensOf)
const textsOf = (wgsl: string) => tokensOf(wgsl).map(({ text }) => text)

describe('WGSL in the package', () => {
  it('has no comments and no blank lines, and in indented lines no space that is not needed', () => {
    const text = `// A header.

const N = 4u; // its comment
/* a
   block */
fn f(a: u32 /* in place */, b: u32) -> u32 {
    const n = 2u;

    return a / /* of */ b - -i32(n); /* at the end */
}
`
    expect(stripped(text)).to.equal(`const N = 4u;
fn f(a: u32 , b: u32) -> u32 {
 const n=2u;
 return a/b- -i32(n);
}
`)
  })

  it('keeps words apart that only a comment divides', () => {
    expect(textsOf(stripped('const/* of the module */N = 1u;'))).to.deep.equal(['const', 'N', '=', '1u', ';'])
  })

  for (const { name, wgsl } of Object.values(shadersByName))
    it(`is the same program with the same constants and bindings: ${name}`, () => {
      const short = stripped(wgsl)
      expect(textsOf(short)).to.deep.equal(textsOf(wgsl))
      expect(short.length).to.be.below(0.9 * wgsl.length)
      expect(parseInterface(short)).to.deep.equal(parseInterface(wgsl))
      const constants = constantsOf(wgsl)
      expect(constantsOf(short)).to.deep.equal(constants)
      const others = Object.fromEntries(constants.map(constant => [constant, 77]))
      const textures = [
        ...wgsl.matchAll(/^fn (\w+)_at\(index: u32\) -> vec4f { return vec4f\(\1\[index\]\); }/gm),
      ].map(([, input]) => input)
      const kernel = { constants: others, stored: 'f16', subgroupSize: 32, textures } as const
      const set = (text: string) => textsOf(assemble(text, kernel))
      expect(set(wgsl)).to.include('subgroup_size')
      expect(set(short)).to.deep.equal(set(wgsl))
    })
})

/** The constants that a kernel may set. */
const constantsOf = (wgsl: string) => [...wgsl.matchAll(/^const (\w+) = \d+u;/gm)].map(([, name]) => name)
