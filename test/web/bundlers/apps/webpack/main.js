import { DeepLab } from 'atrous'
import { segmented } from '../program.js'

window.found = segmented(DeepLab)
