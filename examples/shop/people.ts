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

/** The address that takes no mail until somebody repairs its mailbox. */
export const fullMailbox = 'olga.orlova@post.example'

/** Addresses whose server says "come back later" to the first try. */
export const shyMailboxes = ['daan.de.wit@post.example', 'vera.vidal@post.example', 'luca.longo@post.example']

export const people: readonly Person[] = names.map((name, i) => ({
  name,
  email: `${name.toLowerCase().replaceAll(' ', '.')}@post.example`,
  ...(i % 11 === 6 && { changesMind: true }),
}))

export const customers = people.filter((person) => !person.changesMind)
export const changedTheirMind = people.filter((person) => person.changesMind)

/** The id of a person's welcome job: a repeated sign-up finds it instead of sending a second mail. */
export const welcomeId = (email: string): string => `welcome:${email}`
