// Source trees of other commits, for comparisons with the working tree.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { UserError } from '../src/errors.ts'

const repository = resolve(import.meta.dirname, '..')

/**
 * Gives `work` the folders of the commits, in their order, each with the packages of this working tree. They are removed at the end.
 * Throws a UserError for what is no commit.
 */
export async function withCheckedOut<T>(
  commits: readonly string[],
  work: (trees: string[]) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'atrous-commits-'))
  const trees: string[] = []
  try {
    for (const commit of commits) {
      const tree = join(folder, String(trees.length))
      addWorktree(tree, commit)
      trees.push(tree)
      symlinkSync(join(repository, 'node_modules'), join(tree, 'node_modules'))
      execFileSync('node', ['scripts/embed_shaders.mjs'], { cwd: tree })
    }
    return await work(trees)
  } finally {
    for (const tree of trees)
      execFileSync('git', ['worktree', 'remove', '--force', tree], { cwd: repository, stdio: 'ignore' })
    rmSync(folder, { recursive: true, force: true })
  }
}

function addWorktree(tree: string, commit: string): void {
  try {
    execFileSync('git', ['worktree', 'add', '--detach', tree, commit], { cwd: repository, stdio: 'ignore' })
  } catch {
    throw new UserError(`git has no commit ${commit} to compare with`)
  }
}
