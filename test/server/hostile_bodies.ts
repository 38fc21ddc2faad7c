// Requests of legal length that would take all memory, or the processor for seconds, if they were built before they are counted.

export interface HostileBody {
  name: string
  /** Each call makes it anew. */
  body(): Buffer
  /** Of the JSON, if binary data follows. */
  jsonLength?: number
}

/** Bodies of about so many bytes, none of which makes sense. */
export function hostileBodies(bytes: number): HostileBody[] {
  const repeated = (text: string) => Buffer.alloc(bytes - (bytes % text.length), text)
  const json = (name: string, ...parts: (string | Buffer | (() => Buffer))[]): HostileBody => ({
    name,
    body: () =>
      Buffer.concat(parts.map(part => (typeof part === 'function' ? part() : Buffer.from(part as string)))),
  })
  const data = (name: string, text: string, [datatype, shape, last]: readonly string[]) =>
    json(
      name,
      `{"inputs":[{"name":"image","datatype":"${datatype}","shape":[${shape}],"data":[`,
      () => repeated(text),
      `${last}]}]}`,
    )
  const pixels = (last: string) => ['UINT8', '8,8,3', last]
  const photos = (last: string) => ['BYTES', '8', last]
  const parameters = { binary_data_size: bytes }
  const head = Buffer.from(
    JSON.stringify({ inputs: [{ name: 'image', shape: [8], datatype: 'BYTES', parameters }] }),
  )
  return [
    json('distinct parameters', '{"parameters":{', () => distinctKeys(bytes), '},"inputs":[]}'),
    json('distinct keys', '{', () => distinctKeys(bytes), '}'),
    data('lists in lists as pixels', '[[[1]]],', pixels('1')),
    data('lists in lists as photos', '[[[1]]],', photos('1')),
    data('empty lists as pixels', '[],', pixels('[]')),
    data('empty lists as photos', '[],', photos('[]')),
    data('objects as pixels', '{},', pixels('{}')),
    data('objects as photos', '{},', photos('{}')),
    data('empty photos', '"",', photos('""')),
    data('texts as pixels', '"",', pixels('""')),
    data('numbers for a few pixels', '1,', pixels('1')),
    data('pixels of a million photos', ' ', ['UINT8', '1000000,1,1,3', '1']),
    data('one long number', '1', pixels('')),
    data('open lists as pixels', '[', pixels('')),
    data('spaces as pixels', ' ', pixels('')),
    data('spaces as photos', ' ', photos('')),
    json('escaped quotes as a photo', '{"inputs":[{"data":["', () => repeated('\\"'), '"]}]}'),
    json('open lists', () => repeated('[')),
    json('inputs', '{"inputs":[', () => repeated('{},'), '{}]}'),
    json('a shape', '{"inputs":[{"shape":[', () => repeated('1,'), '1]}]}'),
    json('a long id', '{"inputs":[],"id":"', () => repeated('x'), '"}'),
    json('escaped quotes', '{"inputs":[],"id":"', () => repeated('\\"'), '"}'),
    json('spaces', () => repeated(' '), '{}'),
    {
      name: 'empty photos in binary',
      body: () => Buffer.concat([head, Buffer.alloc(bytes)]),
      jsonLength: head.length,
    },
  ]
}

/** `"0":0,"1":0, …` */
function distinctKeys(bytes: number): Buffer {
  const keys = Buffer.alloc(bytes)
  let length = 0
  for (let i = 0; length < bytes - 20; i++) length += keys.write(`"${i}":0,`, length)
  return keys.subarray(0, length - 1)
}
