/**
 * Something the user gave is wrong (a file, an option, a shape): the command prints the message alone, without a stack, and
 * exits 1.
 */
export class UserError extends Error {
  override name = 'UserError'
}

/** An image of a dataset cannot be read, or its photo and labels do not fit each other or the classes. */
export class BadImageError extends UserError {
  override name = 'BadImageError'
}
