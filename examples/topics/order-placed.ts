// What publisher and consumer agree on: the name of the topic, and what its data looks like.
import { topic } from 'tomodachi'
import { z } from 'zod'

export const NewOrder = z.object({ item: z.string().min(1), quantity: z.number().int().positive() })

export const orderPlaced = topic('order.placed', { schema: NewOrder.extend({ id: z.string() }) })
