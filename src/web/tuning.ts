// The results of tuning, in IndexedDB.

import type { Gpu } from '../gpu/gpu.ts'
import { TextTuningStore, type Tuning, type TuningText, tuningIn } from '../library/tuning.ts'

const DATABASE = 'atrous'
const STORE = 'texts'
const KEY = 'tuning.json'

export const openTuning = (gpu: Gpu): Promise<Tuning> =>
  tuningIn(new TextTuningStore(inIndexedDb, message => console.warn(`warning: ${message}`)), gpu)

/** Where the browser refuses IndexedDB, as some do in private windows, results are not kept and last as long as the page. */
const inIndexedDb: TuningText = {
  name: `IndexedDB: ${DATABASE}/${STORE}/${KEY}`,
  writer: 'tuning',
  async read() {
    const found = await use('readonly', store => store.get(KEY)).catch(() => undefined)
    return typeof found === 'string' ? found : undefined
  },
  async write(text) {
    await use('readwrite', store => store.put(text, KEY)).catch(() => undefined)
  },
}

async function use<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open(DATABASE)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  const database = await resultOf(opening)
  try {
    return await resultOf(work(database.transaction(STORE, mode).objectStore(STORE)))
  } finally {
    database.close()
  }
}

const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
