import { fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
import type { Setup } from '../setup.ts';

let echoInput: ReturnType<typeof fromJsonSchema<{ message: string }>> | undefined;

/** A server instance of the SDK with the world's tools: one for each stateless request, one for each session. */
export function createMcpServer(setup: Setup): McpServer {
  const server = new McpServer(
    { name: 'reference-mcp-server', version: '1.0.0' },
    { supportedProtocolVersions: [...setup.revisions].reverse() },
  );
  // Compiled once: an instance may live for a single request.
  echoInput ??= fromJsonSchema<{ message: string }>({
    type: 'object',
    properties: { message: { type: 'string' } },
    required: ['message'],
    additionalProperties: false,
  });
  server.registerTool('echo', { description: 'Gives the message back', inputSchema: echoInput }, ({ message }) => ({
    content: [{ type: 'text', text: message }],
  }));
  server.registerTool('whoami', { description: 'Says whose token this is' }, ({ http }) => ({
    content: [{ type: 'text', text: String(http?.authInfo?.extra?.subject ?? 'nobody') }],
  }));
  return server;
}
