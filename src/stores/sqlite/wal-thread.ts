import { parentPort, workerData } from 'node:worker_threads'
import { openStoreFile, type Settings, setPragmas } from './connect.ts'

/* The thread that moves pages from the write-ahead log into the file while the store's thread goes on writing. */

if (!parentPort) throw new Error('This module is the entry of a worker thread.')
const port = parentPort
// The store's thread starts this one with exactly this.
const settings = workerData as Settings
const opening = openStoreFile(settings).then((db) => {
  setPragmas(db, settings)
  return { db, move: db.prepare('pragma wal_checkpoint(passive)') }
})

port.on('message', async (message: 'walk' | 'close') => {
  try {
    const { db, move } = await opening
    if (message === 'walk') move.get()
    else db.close()
  } catch {
    // The store's thread sees that nothing was moved.
  }
  if (message === 'walk') port.postMessage('done')
  else port.close()
})
