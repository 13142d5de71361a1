import type { HeaderLine } from '../../http.ts';
import { isProblem, isThirdParty } from '../../tenant/access.ts';
import { promptsOf } from '../../tenant/authorization/request.ts';
import type { TenantBehaviour } from '../../tenant/behaviour.ts';
import type { Transaction } from '../../tenant/store.ts';
import type { Fault } from '../fault.ts';

const editHeaders =
  (edit: (line: HeaderLine) => readonly HeaderLine[]) =>
  ({ pageHeaders }: TenantBehaviour): Partial<TenantBehaviour> => ({
    pageHeaders: (destination, context) => pageHeaders(destination, context).flatMap(edit),
  });

const editCookie =
  (edit: (cookie: string) => string) =>
  ({ cookie }: TenantBehaviour): Partial<TenantBehaviour> => ({
    cookie: (name, value, context) => edit(cookie(name, value, context)),
  });

const asksForConsent = ({ parameters }: Transaction) => promptsOf(parameters).includes('consent');

const without = (...names: readonly string[]) =>
  editHeaders((line) => (names.includes(line[0].toLowerCase()) ? [] : [line]));

/** What users see and agree to, and how it is sent. */
export const PAGE_FAULTS: readonly Fault[] = [
  {
    id: 'skips-the-consent-of-third-parties',
    says: 'Third-party clients get what they ask for without a question to the user.',
    tenant: ({ needsConsent }) => ({
      needsConsent: (transaction, user, context) =>
        !isThirdParty(transaction.client) && needsConsent(transaction, user, context),
    }),
    trips: [],
  },
  {
    id: 'takes-one-consent-for-all-scopes',
    says: 'Who has agreed to one scope of an API is not asked about the others.',
    tenant: ({ needsConsent }) => ({
      needsConsent: (transaction, user, context) => {
        const { client, audience } = transaction;
        const hasAgreed = context.store.consents.has(`${user.user_id} ${client.client_id} ${audience}`);
        return needsConsent(transaction, user, context) && (asksForConsent(transaction) || !hasAgreed);
      },
    }),
    trips: [],
  },
  {
    id: 'takes-one-consent-for-all-clients',
    says: 'What a user has agreed to for one client holds for every other.',
    tenant: ({ needsConsent }) => ({
      needsConsent: (transaction, user, context) => {
        const granted = context.behaviour.grantScope(transaction, user, context);
        const hasAgreed = [...context.store.consents].some(
          ([key, agreed]) =>
            key.startsWith(`${user.user_id} `) &&
            key.endsWith(` ${transaction.audience}`) &&
            !isProblem(granted) &&
            granted.every((scope) => agreed.includes(scope)),
        );
        return needsConsent(transaction, user, context) && (asksForConsent(transaction) || !hasAgreed);
      },
    }),
    trips: [],
  },
  {
    id: 'hides-where-consent-leads',
    says: 'The consent page tells the name that the client gave itself, and no host.',
    tenant: ({ consentDetails }) => ({
      consentDetails: (...given) => {
        const { destination: _, clientHost: __, ...details } = consentDetails(...given);
        return details;
      },
    }),
    trips: [],
  },
  {
    id: 'hides-scopes-from-consent',
    says: 'The consent page says nothing of the scopes.',
    tenant: ({ consentDetails }) => ({ consentDetails: (...given) => ({ ...consentDetails(...given), scopes: [] }) }),
    trips: [],
  },
  {
    id: 'confirms-no-loopback-redirect',
    says: 'A client with a loopback redirect URI gets a code of a signed-in user without a page that asks, and any program of the machine can be that client.',
    tenant: () => ({ needsConfirmation: () => false }),
    trips: ['authorization/asks-before-it-answers-any-program:silent-code'],
  },
  {
    id: 'lets-scripts-read-its-cookies',
    says: 'Scripts can read the cookies of a sign-in and of its session, which are not HttpOnly.',
    tenant: editCookie((cookie) => cookie.replace('; HttpOnly', '')),
    trips: [],
  },
  {
    id: 'sends-its-cookies-from-every-site',
    says: 'The cookies of a sign-in and of its session are SameSite=None, and come along with the forms of other sites.',
    publicName: true,
    tenant: editCookie((cookie) => cookie.replace('SameSite=Lax', 'SameSite=None')),
    trips: [],
  },
  {
    id: 'sends-its-cookies-over-plain-http',
    says: 'The cookies of a tenant with HTTPS, that of the session too, are not Secure.',
    publicName: true,
    tenant: editCookie((cookie) => cookie.replace('; Secure', '')),
    trips: [],
  },
  {
    id: 'lets-its-pages-be-framed',
    says: 'Other sites may show the login page in a frame of theirs.',
    tenant: editHeaders(([name, value]) =>
      name === 'X-Frame-Options' ? [] : [[name, value.replace("; frame-ancestors 'none'", '')]],
    ),
    trips: ['authorization/keeps-its-pages-out-of-frames:framing-not-refused'],
  },
  {
    id: 'lets-its-consent-be-framed',
    says: 'Other sites may show the page that asks for consent in a frame of theirs; that of the login is protected.',
    tenant: ({ pageHeaders }) => ({
      pageHeaders: (destination, context) => {
        const lines = pageHeaders(destination, context);
        if (!context.request.path.startsWith('/u/consent')) return lines;
        return lines.flatMap(([name, value]): readonly HeaderLine[] =>
          name === 'X-Frame-Options' ? [] : [[name, value.replace("; frame-ancestors 'none'", '')]],
        );
      },
    }),
    trips: ['authorization/keeps-its-pages-out-of-frames:framing-not-refused'],
  },
  {
    id: 'lets-its-pages-be-stored',
    says: 'Pages of a sign-in may be kept by caches.',
    tenant: without('cache-control'),
    trips: ['authorization/sends-its-pages-with-care:may-be-stored'],
  },
  {
    id: 'tells-its-addresses-as-referrer',
    says: 'Pages of a sign-in send their address along with whatever they lead to.',
    tenant: without('referrer-policy'),
    trips: [],
  },
  {
    id: 'sends-pages-without-a-policy',
    says: 'A script that gets into a page of the sign-in would run.',
    tenant: without('content-security-policy'),
    trips: ['authorization/sends-its-pages-with-care:any-script'],
  },
  {
    id: 'writes-errors-as-markup',
    says: 'What the request says stands in the error page as HTML.',
    tenant: () => ({ errorMessage: ({ error, description }) => ({ html: `${error}: ${description}` }) }),
    trips: [],
  },
  {
    id: 'shows-passwords-again',
    says: 'A wrong password stands in the page that asks again.',
    tenant: () => ({ filledIn: (field, form) => form.get(field) ?? undefined }),
    trips: [],
  },
];
