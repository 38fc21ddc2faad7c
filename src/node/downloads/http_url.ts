// What a URL says of its host and of who asks.

/** Whether a URL leads to this machine: nobody can change what comes from there, and no proxy is on the way. */
export const isThisMachine = ({ hostname }: URL): boolean =>
  /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)

/** The host as sockets take it: a URL has brackets around an IPv6 address. */
export const plainHost = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1')

/** The header for the credentials in a URL; undefined where there are none. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  return `Basic ${Buffer.from(`${unescaped(username)}:${unescaped(password)}`).toString('base64')}`
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
