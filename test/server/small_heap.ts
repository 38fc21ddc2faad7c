// A process with little memory that reads hostile bodies as the server does. It prints a line for each: its name and the refusal.

import { readInferRequest } from '../../src/server/infer.ts'
import { PhotoQueue } from '../../src/server/request.ts'
import { hostileBodies } from './hostile_bodies.ts'

for (const { name, body, jsonLength } of hostileBodies(Number(process.argv[2]))) {
  const queue = new PhotoQueue(128)
  const refusal: Error = await readInferRequest(body(), {
    jsonLength: jsonLength?.toString(),
    checkPhotos: photos => queue.check(photos),
  }).then(
    () => new Error('it was taken'),
    error => error,
  )
  console.log(JSON.stringify([name, refusal.name, refusal.message]))
}
