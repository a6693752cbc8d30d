import { pathToFileURL } from 'node:url'

/** Imports a module by its path or URL, TypeScript too, on every Node. */
export async function loadModule(place: string): Promise<Readonly<Record<string, unknown>>> {
  const url = /^(file|data):/.test(place) ? place : pathToFileURL(place).href
  if (!/\.[cm]?tsx?$/.test(url)) return importIt(url)
  // Node's own stripping of types where there is one and it suffices; enums and namespaces need more.
  if ((process.features as { typescript?: unknown }).typescript) {
    try {
      return await importIt(url)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') throw error
    }
  }
  const { createJiti } = await import('jiti')
  return await createJiti(url, { interopDefault: false }).import<Record<string, unknown>>(url)
}

const importIt = async (url: string): Promise<Record<string, unknown>> =>
  (await import(url)) as Record<string, unknown>
