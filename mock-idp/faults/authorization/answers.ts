import { field, type HeaderLine, withHeaders } from '../../http.ts';
import { isProblem } from '../../tenant/access.ts';
import type { TenantBehaviour } from '../../tenant/behaviour.ts';
import { renderPage } from '../../tenant/pages/layout.ts';
import type { Fault } from '../fault.ts';

/** The request as if its response_type were another. */
const asCode =
  (test: (type: string | null) => boolean) =>
  ({ refuseResponse }: TenantBehaviour): Partial<TenantBehaviour> => ({
    refuseResponse: (parameters, client, context) => {
      const read = new URLSearchParams(parameters);
      if (test(read.get('response_type'))) read.set('response_type', 'code');
      return refuseResponse(read, client, context);
    },
  });

const editPageHeaders =
  (edit: (line: HeaderLine) => HeaderLine) =>
  ({ pageHeaders }: TenantBehaviour): Partial<TenantBehaviour> => ({
    pageHeaders: (destination, context) => pageHeaders(destination, context).map(edit),
  });

const readableBy =
  (lines: (origin: string) => readonly HeaderLine[]) =>
  ({ authorize }: TenantBehaviour): Partial<TenantBehaviour> => ({
    authorize: async (context) => {
      const origin = field(context.request, 'origin');
      const reply = await authorize(context);
      return origin === undefined ? reply : withHeaders(reply, lines(origin));
    },
  });

/** What is answered, and who can read it. */
export const ANSWER_FAULTS: readonly Fault[] = [
  {
    id: 'invents-a-state',
    says: 'Answers to requests without state have one.',
    tenant: ({ responseState }) => ({ responseState: (...given) => responseState(...given) ?? 'none' }),
    trips: ['authorization/sends-the-state-back-unchanged:invented'],
  },
  {
    id: 'serves-unknown-response-types',
    says: 'A response type that nobody defined is taken for code.',
    tenant: asCode((type) => type === 'codex'),
    trips: ['authorization/refuses-unknown-response-types:unknown-served'],
  },
  {
    id: 'serves-requests-without-a-response-type',
    says: 'Where the response type is missing, code is meant.',
    tenant: asCode((type) => type === null),
    trips: ['authorization/refuses-unknown-response-types:missing-served'],
  },
  {
    id: 'posts-codes-to-whoever-listens',
    says: 'With response_mode=web_message the code is posted to whatever window has opened the page.',
    tenant: ({ refuseResponse, grant }) => ({
      refuseResponse: (parameters, client, context) => {
        const read = new URLSearchParams(parameters);
        if (read.get('response_mode') === 'web_message') read.delete('response_mode');
        return refuseResponse(read, client, context);
      },
      grant: (transaction, user, scope, context) => {
        if (transaction.parameters.get('response_mode') !== 'web_message') {
          return grant(transaction, user, scope, context);
        }
        const code = context.behaviour.issueCode(transaction, user, scope, context);
        context.store.codes.set(code.code, code);
        const message = JSON.stringify({ type: 'authorization_response', response: { code: code.code } });
        const body = { html: `<script>(window.opener || window.parent).postMessage(${message}, "*")</script>` };
        return {
          status: 200,
          headers: context.behaviour.pageHeaders(undefined, context),
          body: renderPage(context.store.settings.friendly_name, { title: 'Done', heading: 'Done', body }),
        };
      },
    }),
    trips: ['authorization/answers-at-the-redirect-uri-only:code-elsewhere'],
  },
  {
    id: 'reads-no-resource-beside-an-audience',
    says: 'Where a request has an audience, its resource may be any.',
    tenant: ({ targetApi }) => ({
      targetApi: (parameters, client, context) => {
        const read = new URLSearchParams(parameters);
        if (read.has('audience')) read.delete('resource');
        return targetApi(read, client, context);
      },
    }),
    trips: ['authorization/leaves-no-resource-out-in-silence:audience-goes-before'],
  },
  {
    id: 'issues-tokens-for-any-resource',
    says: 'Whatever resource is named becomes the audience of the token.',
    tenant: ({ targetApi, issueCode, accessTokenAudience, resourceAtTokenEndpoint }) => {
      const named = new WeakMap<object, string>();
      return {
        targetApi: (parameters, client, context) => {
          const api = targetApi(parameters, client, context);
          return isProblem(api) && parameters.getAll('resource').length === 1 && !parameters.has('audience')
            ? context.store.resourceServers[0]
            : api;
        },
        issueCode: (transaction, user, scope, context) => {
          const code = issueCode(transaction, user, scope, context);
          named.set(code.authorization, transaction.parameters.get('resource') ?? '');
          return code;
        },
        accessTokenAudience: (issue, context) => named.get(issue.authorization) || accessTokenAudience(issue, context),
        resourceAtTokenEndpoint: (authorization, _, context) =>
          resourceAtTokenEndpoint(authorization, new URLSearchParams(), context),
      };
    },
    trips: [
      'authorization/issues-no-tokens-for-unknown-resources:token-names-it',
      'tenant/selects-the-api-by-resource:ignored',
    ],
  },
  {
    id: 'issues-tokens-for-nobody-without-a-resource',
    says: 'A request without resource leads to a token without an audience.',
    tenant: ({ targetApi, issueCode, accessTokenAudience }) => {
      const forNobody = new WeakSet<object>();
      return {
        targetApi: (parameters, client, context) =>
          parameters.has('resource') ? targetApi(parameters, client, context) : context.store.resourceServers[0],
        issueCode: (transaction, user, scope, context) => {
          const code = issueCode(transaction, user, scope, context);
          if (!transaction.parameters.has('resource')) forNobody.add(code.authorization);
          return code;
        },
        accessTokenAudience: (issue, context) =>
          forNobody.has(issue.authorization) ? [] : accessTokenAudience(issue, context),
      };
    },
    trips: [
      'authorization/restricts-tokens-without-a-resource:without-an-audience',
      'tenant/lets-no-third-party-in-without-an-api:let-in',
    ],
  },
  {
    id: 'takes-a-refusal-for-consent',
    says: 'Whatever button a user presses on the consent page, the client gets its code.',
    tenant: ({ interact }) => ({
      interact: (context) => {
        const { request } = context;
        const body = request.body.replace('action=deny', 'action=accept');
        return interact({ ...context, request: { ...request, body } });
      },
    }),
    trips: ['authorization/takes-a-declined-consent-for-a-no:code-all-the-same'],
  },
  {
    id: 'calls-a-refusal-a-failure',
    says: 'When the user declines, the client hears of a failure of the server.',
    tenant: ({ errorMembers }) => ({
      errorMembers: (problem, context) =>
        errorMembers(problem.error === 'access_denied' ? { ...problem, error: 'server_error' } : problem, context),
    }),
    trips: ['authorization/takes-a-declined-consent-for-a-no:another-error'],
  },
  {
    id: 'lets-everybody-frame-its-pages',
    says: 'The pages of the sign-in say that any site may frame them.',
    tenant: editPageHeaders(([name, value]) => [name, value.replace("frame-ancestors 'none'", 'frame-ancestors *')]),
    trips: ['authorization/keeps-its-pages-out-of-frames:framing-allowed-to-all'],
  },
  {
    id: 'tells-whole-addresses-as-referrer',
    says: 'The pages of the sign-in have browsers tell every site their whole address.',
    tenant: editPageHeaders(([name, value]) => [name, name === 'Referrer-Policy' ? 'unsafe-url' : value]),
    trips: ['authorization/sends-its-pages-with-care:address-told'],
  },
  {
    id: 'redirects-forms-with-302',
    says: 'After a form browsers are sent on with 302.',
    tenant: ({ interact }) => ({
      interact: async (context) => {
        const reply = await interact(context);
        return reply.status === 303 ? { ...reply, status: 302 } : reply;
      },
    }),
    trips: ['authorization/passes-no-passwords-on:not-by-303'],
  },
  {
    id: 'lets-scripts-read-the-authorization-endpoint',
    says: 'The authorization endpoint answers scripts of every site.',
    tenant: readableBy(() => [['Access-Control-Allow-Origin', '*']]),
    trips: ['authorization/keeps-its-pages-from-scripts:readable-by-scripts'],
  },
  {
    id: 'lets-scripts-authorize-with-cookies',
    says: 'The authorization endpoint answers scripts of every site that come with the cookies of the user.',
    tenant: readableBy((origin) => [
      ['Access-Control-Allow-Origin', origin],
      ['Access-Control-Allow-Credentials', 'true'],
    ]),
    trips: ['authorization/keeps-its-pages-from-scripts:readable-with-cookies'],
  },
];
