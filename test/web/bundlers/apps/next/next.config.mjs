import { join } from 'node:path'

export default {
  output: 'export', // static files, for any server
  turbopack: { root: join(import.meta.dirname, '../..') }, // where node_modules is
}
