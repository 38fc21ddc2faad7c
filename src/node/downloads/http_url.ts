// The host and the credentials in a URL.

/** Whether a URL points to this machine: nobody can change its bytes on the way, and no proxy is used. */
export const isThisMachine = ({ hostname }: URL): boolean =>
  /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)

/** The host in the form for sockets: a URL has brackets around an IPv6 address. */
export const plainHost = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1')

/** The header for the credentials in a URL; undefined if it has none. */
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
