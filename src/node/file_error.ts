import { UserError } from '../errors.ts'

const causes: Record<string, string> = {
  ENOENT: 'no such file or folder',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'part of this path is a file, not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the system allows',
}

/** A failed file operation as one line for the user, `photo.jpg: no such file or folder`; any other error as it is. */
export function fileError(file: string, error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException
  if (!syscall) return error
  return new UserError(`${file}: ${causes[code ?? ''] ?? message}`)
}
