// Who signs up. Names and addresses are made up; `.example` belongs to nobody.

export interface Person {
  readonly name: string
  readonly email: string
  /** The sign-up is rolled back at the last moment: no customer, and so no mail. */
  readonly changesMind?: boolean
}

const names = [
  'Ada Abel, Bruno Basso, Carla Conti, Daan de Wit, Elif Ekin, Femi Falade, Greta Gruber, Hana Horvat',
  'Ivo Ilic, Jana Janda, Kofi Kuma, Lena Lind, Mateo Mora, Nadia Naim, Olga Orlova, Pavel Petrov',
  'Quentin Quast, Rosa Ruiz, Sven Sund, Tomas Toth, Uma Upadhyay, Vera Vidal, Wanda Wolf, Xenia Xanthos',
  'Yara Younes, Zoe Zeman, Aldo Amato, Bea Borg, Cem Celik, Dora Doyle, Emil Engel, Fatma Fakhri',
  'Gil Gomes, Heidi Haas, Ines Ibarra, Joao Jardim, Karin Krog, Luca Longo, Mina Morita, Nils Nyberg',
  'Oona Ojala, Piet Peeters, Rita Rossi, Sami Saleh',
]
  .join(', ')
  .split(', ')

const madeUp: readonly Person[] = names.map((name) => ({
  name,
  email: `${name.toLowerCase().replaceAll(' ', '.')}@post.example`,
}))

/** More sign-ups would make the demo longer than anybody watches. */
export const mostPeople = 80

/** Everybody who signs up, in order; a visitor's own people come first, and made-up ones fill the line. */
export let people: readonly Person[] = []
export let customers: readonly Person[] = []
export let changedTheirMind: readonly Person[] = []
/** The address that takes no mail until somebody repairs its mailbox. */
export let fullMailbox = ''
/** Addresses whose server says "come back later" to the first try. */
export let shyMailboxes: readonly string[] = []

/** Says who signs up. */
export function receive(own: readonly Person[]): void {
  const line = [...own, ...madeUp.slice(own.length)]
  people = line.map((person, i) => ({ ...person, ...(i % 11 === 6 && { changesMind: true }) }))
  customers = people.filter((person) => !person.changesMind)
  changedTheirMind = people.filter((person) => person.changesMind)
  const emailOf = (place: number): string => customers[place]?.email ?? ''
  fullMailbox = emailOf(13)
  shyMailboxes = [3, 19, 34].map(emailOf)
}

receive([])

/** The id of a person's welcome job: a repeated sign-up finds it instead of sending a second mail. */
export const welcomeId = (email: string): string => `welcome:${email}`
