import { handler } from 'legwork'
import { createTransport } from 'nodemailer'
import { welcome } from './tasks.ts'

/**
 * Sends the welcome mail through the SMTP server at `port`. A worker may die after the server took the mail
 * and before the job is settled; the mail is then sent again. The job's id goes along as the idempotency key,
 * so that the server can take a repeated mail once.
 */
export function sendWelcome(port: number) {
  const post = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true })
  return handler(welcome, async ({ input, job, attempt, log }) => {
    const sent = await post.sendMail({
      from: '"The corner shop" <hello@shop.example>',
      to: input.to,
      subject: `Welcome, ${input.name}`,
      text: `Dear ${input.name},\n\nthank you for joining us.\n\nThe corner shop\n`,
      messageId: `<${Buffer.from(job.id).toString('base64url')}@shop.example>`,
      headers: { 'Idempotency-Key': job.id },
    })
    log.info(`attempt ${attempt}: ${sent.response}`)
    return { answer: sent.response }
  })
}
