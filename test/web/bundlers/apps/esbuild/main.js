import { segment } from '../program.js'

// esbuild copies no files: the page says where the package's folder `weights` is on the server.
window.found = segment({ baseUrl: '/weights/' })
window.withoutBaseUrl = segment().catch(error => error.message)
