/** Whether an id looks minted: such ids are looked for by a part of them, all others by the whole. As `idKey` of ids.lua. */
export const isMinted = (id: string): boolean => minted.test(id)

const minted = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** As `mintedKey` of ids.lua. */
export const mintedKey = (id: string): string => id.slice(3, 13) + id.slice(24)
