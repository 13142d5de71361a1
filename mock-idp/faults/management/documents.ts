import { publishClients } from '../../own-client-documents.ts';
import type { TenantBehaviour } from '../../tenant/behaviour.ts';
import type { ClientDocumentReport } from '../../tenant/client-documents/report.ts';
import type { Client } from '../../tenant/entities.ts';
import type { Fault } from '../fault.ts';

/** What the tenant keeps of a client that is imported is not what its document says. */
const keeping =
  (edit: (client: Client) => Partial<Client>) =>
  ({ registerClientDocument }: TenantBehaviour): Partial<TenantBehaviour> => ({
    async registerClientDocument(url, by, context) {
      const done = await registerClientDocument(url, by, context);
      const { clients } = context.store;
      const at = clients.findIndex(({ client_id }) => client_id === done.client_id);
      const client = clients[at];
      if (client !== undefined) clients[at] = { ...client, ...edit(client) };
      return done;
    },
  });

/** Another report of each document. */
const reporting =
  (edit: (report: ClientDocumentReport) => ClientDocumentReport) =>
  ({ previewClientDocument }: TenantBehaviour): Partial<TenantBehaviour> => ({
    previewClientDocument: async (url, context) => edit(await previewClientDocument(url, context)),
  });

/** Documents of clients that an administrator has imported, and how they are now. */
export const STORED_DOCUMENT_FAULTS: readonly Fault[] = [
  {
    id: 'imported-clients-keep-an-old-callback',
    says: 'Nobody has imported a client’s document again since its callback changed.',
    tenant: keeping(() => ({ callbacks: ['https://client.example/old-callback'] })),
    trips: ['client-documents/is-held-by-the-tenant-as-it-is-hosted:refresh-needed'],
  },
  {
    id: 'clients-of-documents-lag-behind-them',
    says: 'The tenant has made the clients by itself, and has not fetched their documents since a callback changed.',
    tenant: keeping(() => ({
      callbacks: ['https://client.example/old-callback'],
      external_metadata_created_by: 'client',
    })),
    trips: ['client-documents/is-held-by-the-tenant-as-it-is-hosted:behind-by-itself'],
  },
  {
    id: 'imported-clients-were-changed-by-hand',
    says: 'An administrator has described the imported clients in other words than their documents.',
    tenant: keeping(() => ({ description: 'Reviewed in January' })),
    trips: ['client-documents/is-held-by-the-tenant-as-it-is-hosted:differs-by-hand'],
  },
  {
    id: 'imported-clients-have-new-keys-under-old-ids',
    says: 'A client has replaced its key and kept the kid.',
    tenant: keeping(({ keys = [] }) => ({ keys: keys.map((key) => ({ ...key, x: key.y!, y: key.x! })) })),
    trips: ['client-documents/rotates-keys-under-new-ids:same-id'],
  },
  {
    id: 'tenant-refuses-documents-by-rules-of-its-own',
    says: 'The tenant refuses documents for a reason that is published nowhere.',
    tenant: reporting((report) => ({
      ...report,
      validation: { valid: false, violations: ['client_name is not on the list of approved names'], warnings: [] },
    })),
    trips: ['client-documents/is-judged-by-the-tenant-as-its-provider-says:refused'],
  },
  {
    id: 'tenant-cannot-fetch-documents',
    says: 'The host of the documents answers the tenant with 403, and everybody else with 200.',
    tenant: reporting(() => ({ errors: ['The document could not be fetched: status 403'] })),
    trips: ['client-documents/is-judged-by-the-tenant-as-its-provider-says:unreachable'],
  },
  {
    id: 'tenant-takes-documents-that-published-rules-refuse',
    says: 'The tenant takes a description that is longer than the published rules allow.',
    clientDocuments: (host) => publishClients(host, [{ members: { description: 'A client. '.repeat(15) } }]),
    tenant: ({ judgeClientDocument }) => ({
      judgeClientDocument: ({ description: _, ...members }, url, context) => judgeClientDocument(members, url, context),
    }),
    trips: [
      'client-documents/is-judged-by-the-tenant-as-its-provider-says:taken-all-the-same',
      'client-documents/is-what-auth0-takes:description-too-long',
    ],
  },
];
