import { UserError } from '../../errors.ts'
import { printablePath } from '../../printable.ts'

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
  ENAMETOOLONG: 'the name is longer than the system allows',
  ELOOP: 'a symbolic link leads back to itself',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'the disk reports an error',
}

/**
 * A failed file operation as one line for the user, `photo.jpg: no such file or folder`, with the system's error as its cause.
 * Returns other errors unchanged.
 */
export function fileError(file: string, error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException
  const name = printablePath(file)
  // Node rejects such a path before it calls the system.
  if (code === 'ERR_INVALID_ARG_VALUE' && file.includes('\0'))
    return new UserError(`${name}: a path cannot hold a NUL character`, { cause: error })
  if (!syscall) return error
  return new UserError(`${name}: ${causes[code ?? ''] ?? printablePath(message)}`, { cause: error })
}
