/** Bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) bytes += 1
    else if (unit >= 0xd800 && unit < 0xdc00 && isLow(text.charCodeAt(i + 1))) {
      bytes += 2
      i++
    } else bytes += 2
  }
  return bytes
}

/** Where a text holds a NUL or half of a surrogate pair, which engines do not store alike; -1 where it holds none. */
export function unstorableAt(text: string): number {
  // Of nearly every text the engine of the language says so at once.
  if (text.isWellFormed() && !text.includes('\0')) return -1
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0 || isLow(unit)) return i
    if (unit >= 0xd800 && unit < 0xdc00) {
      if (!isLow(text.charCodeAt(i + 1))) return i
      i++
    }
  }
  return -1
}

/** The text with NULs and half surrogate pairs replaced by U+FFFD, cut to `maxBytes` of UTF-8 with a note of what is gone. */
export function storable(text: string, maxBytes: number): string {
  // Cut before looking closely: a hostile error can bring 50 MB, and no kept byte lies beyond maxBytes characters.
  const near = text.length > maxBytes ? text.slice(0, maxBytes) : text
  const clean = unstorableAt(near) < 0 ? near : near.toWellFormed().replaceAll('\0', '\uFFFD')
  if (text.length === near.length && utf8Bytes(clean) <= maxBytes) return clean
  const note = ` … (${text.length} characters in all)`
  let end = Math.min(clean.length, maxBytes)
  while (end > 0 && utf8Bytes(clean.slice(0, end)) + utf8Bytes(note) > maxBytes) end = Math.floor(end * 0.9)
  return (clean.slice(0, end) + note).toWellFormed()
}

const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000
