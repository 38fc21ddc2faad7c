import { DeepLab } from './atrous/dist/bundle/atrous.js'
import { segmented } from './program.js'

window.found = segmented(DeepLab)
