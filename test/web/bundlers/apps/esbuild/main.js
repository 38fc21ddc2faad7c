import { DeepLab } from 'atrous'
import { segmented } from '../program.js'

// esbuild copies no files: the page says where a copy of the package's folder `weights` is on its server.
window.found = segmented(DeepLab, { baseUrl: '/models/' })
window.refusal = segmented(DeepLab).catch(error => error.message)
