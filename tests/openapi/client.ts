// Places an order with the types of docs/openapi.yaml, reads it back, and writes its id.
import createClient from 'openapi-fetch';
import type { paths } from './contract.js';

const client = createClient<paths>({ baseUrl: process.argv[2] });
const placed = await client.POST('/orders', {
  params: { header: { 'Idempotency-Key': 'client-1' } },
  body: { customerEmail: 'test@example.com', items: [{ name: 'Widget', price: 29.99, quantity: 2 }] },
});
if (placed.error) throw new Error(placed.error.detail);
const read = await client.GET('/orders/{orderId}', { params: { path: { orderId: placed.data.orderId } } });
if (read.error) throw new Error(read.error.detail);
if (read.data.total !== 59.98 || read.data.status === 'CANCELLED') throw new Error(JSON.stringify(read.data));
process.stdout.write(placed.data.orderId);
