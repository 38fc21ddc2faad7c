/**
 * An error in the user's input (a file, an option, a shape). The command prints only the message, without a stack, and exits with
 * code 1.
 */
export class UserError extends Error {
  override name = 'UserError'
}

/** The loss of a training step is not a number, or grows without end. */
export class DivergedError extends UserError {
  override name = 'DivergedError'
}

/** An image of a dataset cannot be read, or its photo, labels and classes do not match. */
export class BadImageError extends UserError {
  override name = 'BadImageError'
}
