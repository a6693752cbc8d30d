// The sizes that the file formats state, read from real files as an encoder writes them.
import { expect, test } from 'vitest'
import sharp from 'sharp'
import { photoSize } from './photo-size.ts'

const picture = () => sharp({ create: { width: 321, height: 123, channels: 3, background: 'teal' } })

test('JPEG, PNG, GIF and WebP in all their forms', async () => {
  const forms = [
    picture().jpeg(),
    picture().jpeg({ progressive: true }),
    picture().withMetadata({ density: 300 }).jpeg(),
    picture().png(),
    picture().gif(),
    picture().webp(),
    picture().webp({ lossless: true }),
    picture().withMetadata({ orientation: 1 }).webp(),
  ]
  for (const form of forms) expect(photoSize(await form.toBuffer())).toEqual({ width: 321, height: 123 })
})

test('what is none, or ends too early, has no size', async () => {
  const jpeg = await picture().jpeg().toBuffer()
  for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), jpeg.subarray(0, 30), Buffer.alloc(100, 0xff)])
    expect(photoSize(bytes)).toBeUndefined()
})
