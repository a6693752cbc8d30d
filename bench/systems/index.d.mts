export const systems: Readonly<
  Record<
    string,
    { readonly adapter: string; readonly kind: 'ours' | 'raw' | 'peer' | 'variant'; readonly about: string }
  >
>
export function systemsOf(engine: string): readonly string[]
