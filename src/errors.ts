/** Something the user gave is wrong (a file, an option, a shape): the command prints the message alone, without a stack, and exits 1. */
export class UserError extends Error {
  override name = 'UserError'
}
