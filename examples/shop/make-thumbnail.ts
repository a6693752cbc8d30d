import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { handler } from 'legwork'
import sharp, { type Sharp } from 'sharp'
import { type Places, thumbSide } from './places.ts'
import { thumbnail } from './tasks.ts'

/**
 * Makes the thumbnail under a name of this attempt and then renames it, so that a file with the final name is
 * always whole, whoever is killed when, and a second run just puts the same picture there again.
 */
export function makeThumbnail({ uploads, thumbs }: Places) {
  return handler(thumbnail, async ({ input: { photo }, job }) => {
    const partial = join(thumbs, `.${photo}.${job.fence}`)
    const { width, height } = await shrink(join(uploads, photo)).toFile(partial)
    await rename(partial, join(thumbs, photo))
    return { width, height }
  })
}

/** The photograph as a thumbnail: the same bytes each time. */
export const shrink = (photo: string): Sharp =>
  sharp(photo).resize({ width: thumbSide, height: thumbSide, fit: 'inside' }).jpeg({ quality: 82 })
