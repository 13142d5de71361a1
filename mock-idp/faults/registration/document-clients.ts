import { isProblem } from '../../tenant/access.ts';
import type { TenantBehaviour } from '../../tenant/behaviour.ts';
import { isFailure } from '../../tenant/client-documents/fetch.ts';
import { findByUrl } from '../../tenant/client-documents/import.ts';
import type { Client } from '../../tenant/entities.ts';
import { isRefusal, refuse } from '../../tenant/tokens/refusals.ts';
import type { Fault } from '../fault.ts';
import { withoutHeader } from '../replace.ts';

type Replacement = (conforming: TenantBehaviour) => Partial<TenantBehaviour>;
type Members = Readonly<Record<string, unknown>>;

/** Trips one reason of a check on clients by metadata documents. */
const fault = (id: string, says: string, tenant: Replacement, ...trips: readonly string[]): Fault => ({
  id,
  says,
  tenant,
  trips: trips.map((trip) => `client-documents/${trip}`),
});

const isByDocument = ({ external_metadata_type: type }: Client) => type === 'cimd';

/** Judges the document as if it said something else. */
const reading =
  (edit: (members: Members, url: string) => Members): Replacement =>
  ({ judgeClientDocument }) => ({
    judgeClientDocument: (members, url, context) => judgeClientDocument(edit(members, url), url, context),
  });

/** Reads a body as if something else stood there. */
const repairing =
  (repair: (body: string) => string): Replacement =>
  ({ fetchDocument }) => ({
    async fetchDocument(url, limits, context) {
      const fetched = await fetchDocument(url, limits, context);
      return isFailure(fetched) ? fetched : { ...fetched, body: repair(fetched.body) };
    },
  });

/** Takes redirect URIs of this kind from documents, and sends browsers there. */
const redirectingTo =
  (isTaken: (uri: string) => boolean): Replacement =>
  ({ mayDocumentRedirectTo, redirectUriOf }) => ({
    mayDocumentRedirectTo: (uri, app, context) => isTaken(uri) || mayDocumentRedirectTo(uri, app, context),
    redirectUriOf: (parameters, client, context) => {
      const asked = parameters.get('redirect_uri') ?? '';
      return isTaken(asked) && client.callbacks.includes(asked) ? asked : redirectUriOf(parameters, client, context);
    },
  });

/** What is shown to users of a client by its document, with the HTML changed. */
const showing =
  (edit: (html: string, client: Client) => string, mayRunScripts = false): Replacement =>
  ({ interact, consentDetails }) => {
    let shown: Client | undefined;
    return {
      consentDetails: (transaction, ...rest) => {
        shown = transaction.client;
        return consentDetails(transaction, ...rest);
      },
      interact: async (context) => {
        shown = undefined;
        const replying = interact(context);
        const client = shown as Client | undefined;
        const reply = await replying;
        if (client === undefined || !isByDocument(client) || typeof reply.body !== 'string') return reply;
        const shownSo = { ...reply, body: edit(reply.body, client) };
        return mayRunScripts ? withoutHeader(shownSo, 'Content-Security-Policy') : shownSo;
      },
    };
  };

const unescaped = (html: string) =>
  html.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 10)));

/** The origin of the URL, where documents of the trials have their redirect URI. */
const callbackAt = (url: string) => `${new URL(url).origin}/callback`;

/** What becomes of clients that are known by their metadata document. */
export const DOCUMENT_CLIENT_FAULTS: readonly Fault[] = [
  fault(
    'client-documents-of-strangers-are-not-fetched',
    'The metadata says that clients may be known by documents, and none is that nobody has imported.',
    () => ({ resolveClientUrl: async (url, context) => findByUrl(url, context) }),
    'does-as-its-metadata-says:strangers-refused',
  ),
  fault(
    'client-documents-may-break-off',
    'What lacks a closing brace, or goes on behind it, is read as a metadata document.',
    repairing((body) => `${body.trim().replace(/\{\}$/, '').replace(/\}$/, '')}}`),
    'refuses-what-is-no-json-object:no-json',
  ),
  fault(
    'client-documents-may-stand-in-arrays',
    'A metadata document may stand in an array or in a string.',
    repairing((body) => {
      const inside = /^\s*\[(.*)\]\s*$/s.exec(body)?.[1] ?? body;
      return inside.startsWith('"') ? (JSON.parse(inside) as string) : inside;
    }),
    'refuses-what-is-no-json-object:no-object',
  ),
  fault(
    'client-documents-need-no-client-id',
    'A metadata document without client_id is taken for the client of its URL.',
    reading((members, url) => ({ client_id: url, ...members })),
    'takes-a-document-for-the-client-it-names:no-client',
  ),
  fault(
    'client-documents-need-no-redirect-uris',
    'A client whose document has no redirect_uris may be sent to the callback of its host.',
    reading((members, url) => {
      const { redirect_uris: uris } = members;
      return Array.isArray(uris) && uris.length > 0 ? members : { ...members, redirect_uris: [callbackAt(url)] };
    }),
    'needs-redirect-uris-and-a-name:no-redirect-uris',
  ),
  fault(
    'client-documents-need-no-name',
    'A metadata document without client_name is taken.',
    reading((members, url) => ({ client_name: new URL(url).host, ...members })),
    'needs-redirect-uris-and-a-name:no-name',
  ),
  fault(
    'client-documents-may-redirect-to-scripts',
    'javascript: and data: URIs of a metadata document are redirect URIs like others.',
    redirectingTo((uri) => /^(?:javascript|data):/i.test(uri)),
    'refuses-dangerous-redirect-uris:script',
  ),
  fault(
    'client-documents-may-redirect-to-fragments',
    'Redirect URIs of a metadata document may have a fragment.',
    redirectingTo((uri) => uri.includes('#')),
    'refuses-dangerous-redirect-uris:fragment',
  ),
  fault(
    'client-documents-may-redirect-to-wildcards',
    'A * at the end of a redirect URI of a metadata document stands for anything.',
    ({ mayDocumentRedirectTo, matchesCallback }) => ({
      mayDocumentRedirectTo: (uri, app, context) => mayDocumentRedirectTo(uri.replace('*', 'any'), app, context),
      matchesCallback: (callback, asked, client, context) =>
        matchesCallback(callback, asked, client, context) ||
        (isByDocument(client) && callback.endsWith('*') && asked.startsWith(callback.slice(0, -1))),
    }),
    'refuses-dangerous-redirect-uris:wildcard',
  ),
  fault(
    'consent-hides-where-document-clients-lead',
    'The page that asks for consent to a client by metadata document does not say where its user will be sent.',
    ({ consentDetails }) => ({
      consentDetails: (transaction, ...rest) => {
        const { destination, ...details } = consentDetails(transaction, ...rest);
        return isByDocument(transaction.client) ? details : { ...details, ...(destination && { destination }) };
      },
    }),
    'shows-who-asks-and-where-it-leads:no-redirect-host',
  ),
  fault(
    'consent-hides-where-document-clients-are-described',
    'The page that asks for consent does not say on which host the client’s metadata document is.',
    ({ consentDetails }) => ({
      consentDetails: (transaction, ...rest) => {
        const { clientHost: _, ...details } = consentDetails(transaction, ...rest);
        return details;
      },
    }),
    'shows-who-asks-and-where-it-leads:no-client-host',
  ),
  fault(
    'consent-takes-names-of-documents-for-markup',
    'The name of a client stands in the page that asks for consent as its metadata document has it, markup and all.',
    showing((html, { name }) => (/</.test(name) ? unescaped(html) : html)),
    'shows-documents-as-text:markup',
  ),
  fault(
    'consent-puts-names-of-documents-in-by-script',
    'A script of the page that asks for consent puts the name of a client in as HTML.',
    showing(
      (html, { name }) =>
        html.replace(
          '</body>',
          `<p id="name"></p><script>document.getElementById('name').innerHTML = ${JSON.stringify(name)};</script></body>`,
        ),
      true,
    ),
    'shows-documents-as-text:markup',
  ),
  fault(
    'consent-links-to-whatever-documents-say',
    'The page that asks for consent links to the client_uri of the metadata document, whatever its scheme.',
    (conforming) => {
      const pages = new Map<string, string>();
      const { judgeClientDocument } = conforming;
      return {
        ...showing((html, { external_client_id: url = '' }) => {
          const page = pages.get(url);
          return page === undefined ? html : html.replace('</form>', `</form><a href="${page}">About</a>`);
        })(conforming),
        judgeClientDocument: (members, url, context) => {
          if (typeof members.client_uri === 'string') pages.set(url, members.client_uri);
          return judgeClientDocument(members, url, context);
        },
      };
    },
    'shows-documents-as-text:script-links',
  ),
  fault(
    'client-documents-may-mention-secrets',
    'What a metadata document says of client secrets is passed over.',
    reading(({ client_secret: _, client_secret_expires_at: __, token_endpoint_auth_method: method, ...rest }) => ({
      ...rest,
      ...(typeof method === 'string' && !method.startsWith('client_secret_') && { token_endpoint_auth_method: method }),
    })),
    'takes-no-secret-of-a-document:secret-passed-over',
  ),
  fault(
    'client-documents-with-keys-need-none',
    'A client whose metadata document says private_key_jwt may redeem its codes without an assertion.',
    ({ allowsMethod }) => ({
      allowsMethod: (method, client, context) =>
        (method === 'none' && isByDocument(client)) || allowsMethod(method, client, context),
    }),
    'asks-clients-with-keys-for-their-key:no-assertion',
  ),
  fault(
    'client-documents-grant-clients-themselves',
    'A client without credentials gets a token for itself where its metadata document says client_credentials.',
    ({ judgeClientDocument, authenticateClient, mayUseGrant, scopesGrantedToClient }) => {
      const acting = new Set<string>();
      const isActing = ({ external_client_id: url }: Client) => url !== undefined && acting.has(url);
      return {
        judgeClientDocument: (members, url, context) => {
          if (Array.isArray(members.grant_types) && members.grant_types.includes('client_credentials')) acting.add(url);
          return judgeClientDocument(members, url, context);
        },
        authenticateClient: async (parameters, context) => {
          const client = await authenticateClient(parameters, context);
          const isForItself = parameters.get('grant_type') === 'client_credentials';
          return isForItself && !isRefusal(client) && isActing(client)
            ? { ...client, token_endpoint_auth_method: 'private_key_jwt' }
            : client;
        },
        mayUseGrant: (client, name, context) =>
          (name === 'client_credentials' && isActing(client)) || mayUseGrant(client, name, context),
        scopesGrantedToClient: (client, api, context) =>
          isActing(client) ? api.scopes.map(({ value }) => value) : scopesGrantedToClient(client, api, context),
      };
    },
    'gives-strangers-no-grant-of-machines:client-credentials',
  ),
  fault(
    'client-documents-are-needed-for-tokens',
    'A metadata document is asked for again when a code is redeemed, and without it there is no token.',
    ({ authenticateClient }) => ({
      authenticateClient: async (parameters, context) => {
        const client = await authenticateClient(parameters, context);
        const url = isRefusal(client) ? undefined : client.external_client_id;
        if (url === undefined) return client;
        const resolved = await context.behaviour.resolveClientUrl(url, context);
        return resolved === undefined || isProblem(resolved) ? refuse('unauthenticated') : client;
      },
    }),
    'follows-changes-of-documents:lost-flow',
  ),
];
