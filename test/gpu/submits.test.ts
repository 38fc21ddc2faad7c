import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { guessedMilliseconds, LaunchTimes } from '../../src/gpu/launch_times.ts'
import { submitBudget } from '../../src/gpu/pace.ts'
import { cutIntoSubmits, type Piece, type Work } from '../../src/gpu/submits.ts'
import { activation } from '../../src/kernels/elementwise/activation.ts'

/** Works of so many milliseconds, each of 10 workgroups. */
const worksOf = (...times: number[]): Work[] =>
  times.map((milliseconds, launch) => ({ launch, workgroups: 10, divisible: true, milliseconds }))

const sum = (pieces: Piece[]) => pieces.reduce((total, { milliseconds }) => total + milliseconds, 0)
const ranges = (pieces: Piece[]) => pieces.map(({ first, count }) => [first, count])

describe('gpu/submits', () => {
  it('are of at most 100 ms in a run with a signal, also where time has no bound', () => {
    const { signal } = new AbortController()
    const budget = (submitMilliseconds: number) => submitBudget({ submitMilliseconds } as Gpu, { signal })
    expect([Infinity, 50].map(budget)).to.deep.equal([100, 50])
    expect(submitBudget({ submitMilliseconds: Infinity } as Gpu, {})).to.equal(Infinity)
  })

  it('are one where time has no bound, also for no work at all', () => {
    expect(cutIntoSubmits(worksOf(10, 1e9, 1), Infinity).map(ranges)).to.deep.equal([
      [
        [0, 10],
        [0, 10],
        [0, 10],
      ],
    ])
    expect(cutIntoSubmits([], 50)).to.deep.equal([[]])
  })

  it('are filled in turn, in the order of the launches', () => {
    const submits = cutIntoSubmits(worksOf(20, 30, 1, 48, 2, 5), 50)
    expect(submits.map(pieces => pieces.map(({ launch }) => launch))).to.deep.equal([
      [0, 1],
      [2, 3],
      [4, 5],
    ])
  })

  it('divide a launch that alone is longer, each range in a submit of its own', () => {
    const submits = cutIntoSubmits(worksOf(10, 120, 10), 50)
    expect(submits.map(ranges)).to.deep.equal([
      [[0, 10]],
      [[0, 4]],
      [[4, 4]],
      [
        [8, 2],
        [0, 10],
      ],
    ])
    expect(submits.map(sum)).to.deep.equal([10, 48, 48, 34])
  })

  it('run a launch whole if it cannot be divided, and a workgroup whole', () => {
    const [work] = worksOf(200)
    expect(cutIntoSubmits([{ ...work, divisible: false }], 50).map(ranges)).to.deep.equal([[[0, 10]]])
    const groups = cutIntoSubmits([{ ...work, workgroups: 2 }], 50)
    expect(groups.map(ranges)).to.deep.equal([[[0, 1]], [[1, 1]]])
  })

  it('have ranges that are not folded, because a folded grid has workgroups past its end', () => {
    const submits = cutIntoSubmits([{ ...worksOf(100)[0], workgroups: 200_000 }], 50)
    const all = submits.flat()
    for (const { count } of all) expect(count).to.be.at.most(65_535)
    expect(all.map(({ first }) => first)).to.deep.equal([0, 65_535, 131_070, 196_605])
    expect(all.at(-1)!.first + all.at(-1)!.count).to.equal(200_000)
  })

  it('cover every workgroup once, keep to the budget, and start later only at their first piece', () => {
    const works = Array.from({ length: 200 }, (_, launch) => ({
      launch,
      workgroups: 1 + ((launch * 7919) % 97),
      divisible: true,
      milliseconds: ((launch * 104_729) % 1009) / 5,
    }))
    const submits = cutIntoSubmits(works, 50)
    for (const pieces of submits) {
      expect(pieces).to.not.have.lengthOf(0)
      expect(pieces.slice(1).every(({ first }) => first === 0)).to.equal(true)
      if (sum(pieces) > 50 + 1e-9) expect(ranges(pieces)[0][1]).to.equal(1)
    }
    for (const { launch, workgroups, milliseconds } of works) {
      const pieces = submits.flat().filter(piece => piece.launch === launch)
      let next = 0
      for (const { first, count } of pieces) {
        expect(first).to.equal(next)
        next += count
      }
      expect(next).to.equal(workgroups)
      expect(sum(pieces)).to.be.closeTo(milliseconds, 1e-9)
    }
  })
})

describe('gpu/launch_times', () => {
  const kernel = activation({ label: 'relu', shape: [1, 100, 100, 64], activation: 'relu' })
  const cut = (times: LaunchTimes, launches: number[], budget: number) =>
    cutIntoSubmits(
      launches.map(launch => ({ launch, workgroups: 100, divisible: true, milliseconds: times.of(launch) })),
      budget,
    )

  it('begin with a guess that grows with multiply-adds and bytes', () => {
    const guess = guessedMilliseconds(kernel)
    expect(guess).to.be.closeTo((2 * 100 * 100 * 64 * 4) / 10e6, 0.02)
    expect(guessedMilliseconds({ ...kernel, macs: 5e9 }) - guess).to.be.closeTo(100, 1e-9)
    expect(new LaunchTimes([kernel]).of(0)).to.equal(guess)
  })

  it('approach what submits took, whole launches and divided ones, until submits take what is expected', () => {
    const kernels = [2e9, 50e9, 1e9, 1e9].map(macs => ({ ...kernel, macs }))
    const takes = [1, 180, 30, 15] // The GPU's own times, of which the guess knows nothing.
    const times = new LaunchTimes(kernels)
    const submitsOf = () => cut(times, [0, 1, 2, 3], 50)
    const tookOf = (pieces: Piece[]) =>
      pieces.reduce((total, { launch, count }) => total + (takes[launch] * count) / 100, 0)
    expect(submitsOf()).to.have.lengthOf.above(20)
    for (let run = 0; run < 6; run++)
      times.learn(submitsOf().map(pieces => ({ pieces, milliseconds: tookOf(pieces) })))
    const submits = submitsOf()
    expect(submits.length).to.be.within(5, 6) // 226 milliseconds
    for (const pieces of submits) expect(tookOf(pieces)).to.be.at.most(60)
  })

  it('change by a factor of four at most in a run, because a clock may be wrong', () => {
    const times = new LaunchTimes([kernel, kernel])
    const guess = guessedMilliseconds(kernel)
    const submits = cut(times, [0, 1], guess * 1.5)
    times.learn([
      { pieces: submits[0], milliseconds: 1e4 },
      { pieces: submits[1], milliseconds: 0 },
    ])
    expect(times.of(0)).to.be.closeTo(4 * guess, 1e-9)
    expect(times.of(1)).to.be.closeTo(guess / 4, 1e-9)
  })

  it('count a launch that runs several times once', () => {
    const times = new LaunchTimes([kernel])
    const pieces = cut(times, [0, 0, 0], Infinity)[0]
    times.learn([{ pieces, milliseconds: 2 * sum(pieces) }])
    expect(times.of(0)).to.be.closeTo(2 * guessedMilliseconds(kernel), 1e-9)
  })
})
