import { z } from 'zod'

/** What all servers validate the body of a post with. */
export const Order = z.object({
  id: z.string().min(1),
  customer: z.object({ name: z.string(), email: z.email() }),
  items: z.array(z.object({ sku: z.string(), quantity: z.int().positive(), price: z.number() })).min(1),
})
