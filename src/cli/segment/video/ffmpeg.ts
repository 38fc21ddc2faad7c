// The user's own ffmpeg and ffprobe: started with lists of arguments, never by a shell, and never downloaded.

import { type ChildProcess, spawn } from 'node:child_process'
import { UserError } from '../../../errors.ts'
import { printable } from '../../../printable.ts'

interface Program {
  readonly stdin: NonNullable<ChildProcess['stdin']>
  readonly stdout: NonNullable<ChildProcess['stdout']>
  /** Resolves when the program has ended well, with what it said. Throws a UserError that says what went wrong. */
  ended(): Promise<string>
  /** Ends it at once, if it still runs. */
  stop(): void
}

/** The most characters of its messages that are kept. */
const MAX_MESSAGES = 4000

/** The file that a program works on, for messages. */
interface Work {
  file: string
  task: 'read' | 'write'
}

export function startProgram(
  name: 'ffmpeg' | 'ffprobe',
  { file, task }: Work,
  args: readonly string[],
): Program {
  // In a group of its own: on Ctrl-C the command ends it, and tells that apart from a video that cannot be read.
  const child = spawn(name, args, { windowsHide: true, detached: process.platform !== 'win32' })
  let messages = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (messages.length < MAX_MESSAGES) messages += text
  })
  child.stdin.on('error', () => undefined) // its exit code and its messages say why it reads no more
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', error => reject(startError(file, name, error)))
    child.on('close', code => {
      if (code === 0) resolve(messages)
      else reject(new UserError(`${file}: ${name} cannot ${task} it (${firstLine(messages, code)})`))
    })
  })
  ended.catch(() => undefined) // who waits for it reports it
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    ended: () => ended,
    stop() {
      if (child.exitCode === null) child.kill('SIGKILL')
    },
  }
}

/** All that ffprobe prints, which is little. */
export async function probe(file: string, args: readonly string[]): Promise<string> {
  const program = startProgram('ffprobe', { file, task: 'read' }, args)
  let text = ''
  program.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  await program.ended()
  return text
}

function startError(file: string, name: string, error: NodeJS.ErrnoException): UserError {
  if (error.code !== 'ENOENT') return new UserError(`${file}: ${name} does not start (${error.message})`)
  return new UserError(
    `${file}: a video needs ${name} on the PATH, and there is none: install ffmpeg (Debian: apt install ffmpeg, macOS: brew install ffmpeg)`,
  )
}

/** The first line says what is wrong; the others are what came of it. */
function firstLine(messages: string, code: number | null): string {
  const lines = messages.split('\n').filter(line => line.trim() !== '')
  const line = lines.at(0) ?? `exit code ${code}`
  return printable(line.replace(/^\[[^\]]*\] /, '').replace(/^file:/, ''))
}

/** A path as ffmpeg takes it: a name with a colon is no URL. */
export const fileUrl = (path: string): string => `file:${path}`

/** Arguments before an input: a playlist under a video's name opens no connection. */
export const LOCAL_ONLY = ['-protocol_whitelist', 'file,pipe,crypto,data'] as const
