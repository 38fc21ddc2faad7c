// A program that serves models.

import { DeepLab } from 'atrous'
import { type AtrousServer, createServer } from 'atrous/server'

export const model = await DeepLab.load('scenes')
export const server: AtrousServer = createServer({ models: { model, other: 'scenes' }, token: 'secret' })
export const url: string = await server.listen({ port: 0, host: '127.0.0.1' })
await server.ready()
await server.close()
