// Puts a photo into the queue of `atrous worker --queue segment`, and prints what its mask holds: node producer.mjs photo.jpg masks/photo
import { Queue, QueueEvents } from 'bullmq'

const [input = 'photo.jpg', output = 'masks/photo'] = process.argv.slice(2)
const connection = { url: process.env.ATROUS_REDIS ?? 'redis://localhost:6379' }
const [queue, events] = [new Queue('segment', { connection }), new QueueEvents('segment', { connection })]
const job = await queue.add('photo', { input, output })
console.log(await job.waitUntilFinished(events))
await Promise.all([queue.close(), events.close()])
