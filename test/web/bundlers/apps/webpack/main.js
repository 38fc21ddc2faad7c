import { segment } from '../program.js'

window.found = segment()
