// What the check of rooms has to refuse: a line for each global that only Node or only browsers have, and for a module of Node.
import { readFileSync } from 'node:fs'

export const onlyNode = [Buffer, process, global, __dirname, require, setImmediate, readFileSync]
export const onlyBrowsers = [window, document, navigator, localStorage, HTMLCanvasElement]
