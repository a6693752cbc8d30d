/*
 * Where a cluster keeps a key: by the CRC16 (XMODEM) of what stands in its braces, of 16,384 slots.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
 */

const slotCount = 16_384

function crc16(text: string): number {
  let crc = 0
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff
  }
  return crc
}

export const slotOf = (tag: string): number => crc16(tag) % slotCount

/** The first tag of a partition that falls into its own stretch of the slots, so that the nodes of a cluster have equally many. */
export function tagIn(prefix: string, partition: number, of: number): string {
  if (of === 1) return `${prefix}:0`
  for (let n = 1; ; n++) {
    const tag = `${prefix}:${partition}.${n}`
    if (Math.floor((slotOf(tag) * of) / slotCount) === partition) return tag
  }
}

const keys = new Map<number, string>()

/** Some key of a slot, for a library that finds a node by a key. */
export function keyIn(slot: number): string {
  for (let n = 0; !keys.has(slot); n++) keys.set(slotOf(`k${n}`), `k${n}`)
  return keys.get(slot) as string
}
