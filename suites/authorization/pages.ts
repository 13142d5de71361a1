import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { describe, header, headerValues, listHeader } from '../../fixtures/protocol/answers.ts';
import {
  checks,
  defineCheck,
  type Finding,
  fail,
  notApplicable,
  outOfScope,
  pass,
  untested,
  type Verdict,
} from '../check.ts';
import { answering, golden } from '../golden.ts';
import { askedIn, type Page, pagesIn } from './answers.ts';
import { withoutControl } from './requests.ts';

const NO_PAGES = [
  'no page of the authorization server was seen on the way',
  'users and clients: a sign-in that goes through pages of the authorization server itself',
] as const;

const HTML = { 'Content-Type': 'text/html' };
const LOGIN_PAGE = /^signIn\/control\/hop-2$/;

/** The sources of a directive (CSP 3 6.4.2), one list for each policy that has it. */
function directive({ answer }: Exchange, name: string): readonly (readonly string[])[] {
  return headerValues(answer, 'content-security-policy')
    .flatMap((value) => value.split(','))
    .flatMap((policy) => {
      const [found] = policy
        .split(';')
        .map((each) => each.trim().toLowerCase().split(/\s+/))
        .filter(([first]) => first === name);
      return found === undefined ? [] : [found.slice(1)];
    });
}

/** Sources that every site is. */
const EVERYBODY = ['*', 'https:', 'http:', 'https://*', 'http://*'];

/** HTML 7.5: frame-ancestors goes before X-Frame-Options, whose ALLOW-FROM browsers do not know. */
function framing(exchange: Exchange): 'nobody-else' | 'everybody' | 'unsaid' {
  const policies = directive(exchange, 'frame-ancestors');
  if (policies.length > 0) {
    return policies.every((sources) => sources.some((each) => EVERYBODY.includes(each))) ? 'everybody' : 'nobody-else';
  }
  const options = listHeader(exchange.answer, 'x-frame-options');
  return options.some((each) => ['deny', 'sameorigin'].includes(each)) ? 'nobody-else' : 'unsaid';
}

function saying<R extends string>(
  reason: R,
  pages: readonly Page[],
  expected: string,
  actual: (exchange: Exchange) => string,
): readonly Finding<R>[] {
  const [first] = pages;
  if (first === undefined) return [];
  const others = pages.length === 1 ? '' : `, and ${pages.length - 1} more`;
  return [
    {
      reason,
      expected,
      actual: `${first.at}${others}: ${actual(first.exchange)}`,
      at: pages.map(({ exchange }) => exchange.id),
    },
  ];
}

const showing = (name: string) => (exchange: Exchange) => {
  const value = header(exchange.answer, name);
  return `${name} is ${value === undefined ? 'absent' : `\`${value}\``}`;
};

export const keepsItsPagesOutOfFrames = defineCheck({
  id: 'authorization/keeps-its-pages-out-of-frames',
  title: 'Lets no other site show its sign-in and consent pages in a frame',
  // RFC 9700 4.16 demands the defence and recommends the header; a script that does it is not seen from outside.
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'authorization-server',
  pillar: 'token-issuance',
  requirements: ['B56', 'RFC9700-4.16-frame-protection'],
  assurance: 'sign-in',
  needs: ['signIn', 'authorizations'],
  reasons: {
    'framing-not-refused': {
      says: 'A page on which users sign in or consent may be framed by any site, which can then have them click what they do not see.',
      fix: {
        general:
          "Send Content-Security-Policy: frame-ancestors 'none' with every page, and X-Frame-Options: DENY for old browsers (RFC 9700 4.16).",
        auth0: {
          text: 'Universal Login sends them; only Classic Login of a tenant that has switched the protection off does not.',
          command: `auth0 api patch tenants/settings --data '{"flags": {"disable_clickjack_protection_headers": false}}'`,
        },
      },
    },
    'framing-allowed-to-all': {
      says: 'A page on which users sign in or consent allows every site to frame it.',
      fix: { general: "Name 'none' or 'self' in frame-ancestors, or the sites that have to frame the page." },
    },
  },
  judge(evidence) {
    const pages = pagesIn(evidence);
    if (pages.length === 0) return untested(...NO_PAGES);
    const are = (kind: ReturnType<typeof framing>) => pages.filter(({ exchange }) => framing(exchange) === kind);
    const findings = [
      ...saying(
        'framing-not-refused',
        are('unsaid'),
        "frame-ancestors 'none', or X-Frame-Options: DENY",
        (exchange) => `no frame-ancestors, and ${showing('x-frame-options')(exchange)}`,
      ),
      ...saying(
        'framing-allowed-to-all',
        are('everybody'),
        'frame-ancestors that leaves others out',
        showing('content-security-policy'),
      ),
    ];
    return findings.length > 0 ? fail(findings) : pass(`${pages.length} pages refuse to be framed`);
  },
  examples: {
    pass: [{ says: 'refused twice', evidence: golden }],
    fail: {
      'framing-not-refused': { says: 'nothing said', evidence: answering(LOGIN_PAGE, { headers: HTML }) },
      'framing-allowed-to-all': {
        says: 'a star',
        evidence: answering(LOGIN_PAGE, { headers: { ...HTML, 'Content-Security-Policy': 'frame-ancestors *' } }),
      },
    },
  },
});

const STORED_BY_NONE = ['no-store', 'no-cache', 'private', 'max-age=0'];
/** Referrer Policy 3: these tell other sites no more than where the page is. */
const DISCREET = [
  'no-referrer',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
];

const isKept = ({ answer }: Exchange) =>
  !listHeader(answer, 'cache-control').some((each) => STORED_BY_NONE.includes(each));
const isTold = ({ answer }: Exchange) => {
  const policy = listHeader(answer, 'referrer-policy').at(-1);
  return policy !== undefined && !DISCREET.includes(policy);
};
const isUnruled = (exchange: Exchange) =>
  ['script-src', 'default-src'].every((name) => directive(exchange, name).length === 0);

export const sendsItsPagesWithCare = defineCheck({
  id: 'authorization/sends-its-pages-with-care',
  title: 'Sends its sign-in and consent pages so that little can go wrong with them',
  keyword: 'ADVICE',
  severity: 'low',
  party: 'authorization-server',
  requirements: ['PRACTICE-sign-in-pages-not-stored', 'PRACTICE-sign-in-pages-policy', 'RFC9700-4.2.4-referrer-policy'],
  assurance: 'sign-in',
  needs: ['signIn', 'authorizations'],
  reasons: {
    'may-be-stored': {
      says: 'Caches may keep the pages of a sign-in, and show them to whoever comes next.',
      fix: { general: 'Send Cache-Control: no-store with every page of the sign-in.' },
    },
    'address-told': {
      says: 'The pages of a sign-in tell other sites their whole address, in which there may be state and codes.',
      fix: { general: 'Send Referrer-Policy: no-referrer, or leave the field out (RFC 9700 4.2.4).' },
    },
    'any-script': {
      says: 'No policy says which scripts may run on the pages of a sign-in: one that gets in reads what users type.',
      fix: { general: 'Send a Content-Security-Policy with script-src or default-src.' },
    },
  },
  judge(evidence) {
    const pages = pagesIn(evidence);
    if (pages.length === 0) return untested(...NO_PAGES);
    const which = (test: (exchange: Exchange) => boolean) => pages.filter(({ exchange }) => test(exchange));
    const findings = [
      ...saying('may-be-stored', which(isKept), 'Cache-Control: no-store', showing('cache-control')),
      ...saying('address-told', which(isTold), 'Referrer-Policy: no-referrer', showing('referrer-policy')),
      ...saying('any-script', which(isUnruled), 'script-src or default-src', showing('content-security-policy')),
    ];
    return findings.length > 0
      ? fail(findings)
      : pass(`${pages.length} pages: not stored, addresses not told, scripts ruled`);
  },
  examples: {
    pass: [{ says: 'with all of them', evidence: golden }],
    fail: {
      'may-be-stored': { says: 'nothing of caches', evidence: page({ 'Cache-Control': 'public, max-age=600' }) },
      'address-told': { says: 'to everybody', evidence: page({ 'Referrer-Policy': 'unsafe-url' }) },
      'any-script': {
        says: 'of frames alone',
        evidence: page({ 'Content-Security-Policy': "frame-ancestors 'none'" }),
      },
    },
  },
});

function page(headers: Readonly<Record<string, string>>) {
  const good = { 'Content-Security-Policy': "default-src 'none'", 'Cache-Control': 'no-store' };
  return answering(LOGIN_PAGE, { headers: { ...HTML, ...good, ...headers } });
}

export const passesNoPasswordsOn = defineCheck({
  id: 'authorization/passes-no-passwords-on',
  title: 'Redirects after a sign-in so that browsers leave the password behind',
  keyword: 'MUST',
  severity: 'high',
  party: 'authorization-server',
  requirements: ['B57', 'RFC9700-4.12-no-307'],
  assurance: 'sign-in',
  needs: ['signIn'],
  reasons: {
    'password-sent-on': {
      says: 'After the password the browser is redirected with 307 or 308, and posts the password to the next address as well, in the end to the client.',
      fix: { general: 'Redirect with 303 after a form (RFC 9700 4.12).' },
    },
    'not-by-303': {
      says: 'After the password the browser is redirected with a status that leaves open whether the form goes along; browsers of today leave it behind.',
      fix: { general: 'Redirect with 303 after a form (RFC 9700 4.12).' },
      // RFC 9700 4.12 recommends 303; Fetch 4.4 makes a GET of 301 and 302 after a POST in every browser.
      keyword: 'ADVICE',
      providerFact: { auth0: 'Auth0 redirects with 302, after which browsers send a GET without the form.' },
    },
  },
  judge(evidence) {
    const posts = askedIn(evidence)
      .flatMap(({ journey }) => journey.hops)
      .filter(
        ({ request, answer }) =>
          request.method === 'POST' && CREDENTIAL.test(request.body ?? '') && answer !== undefined,
      );
    if (posts.length === 0) return withoutPosts(evidence);
    const found = posts.flatMap((exchange): readonly Finding<'password-sent-on' | 'not-by-303'>[] => {
      const status = exchange.answer!.status;
      const reason = REASON_BY_STATUS[status];
      if (reason === undefined) return [];
      return [{ reason, expected: 'a redirect with 303, or a page', actual: `status ${status}`, at: [exchange.id] }];
    });
    return found.length > 0 ? fail(found) : pass(`status ${posts.map(({ answer }) => answer!.status).join(', ')}`);
  },
  examples: {
    pass: [{ says: '303', evidence: golden }],
    fail: {
      'password-sent-on': { says: '307', evidence: answering(/^signIn\/control\/hop-3$/, { status: 307 }) },
      'not-by-303': { says: '302', evidence: answering(/^signIn\/control\/hop-3$/, { status: 302 }) },
    },
  },
});

function withoutPosts({ signIn }: Pick<EvidenceMap, 'signIn'>): Verdict<never> {
  const missing = withoutControl(signIn);
  if (missing !== undefined) return missing;
  const { steps, hops } = signIn.journey;
  if (!steps.some((step) => TYPED_PASSWORD.test(step))) {
    return outOfScope(
      'the run typed no password',
      'users.first: a test user whose password the run types, and users.signIn.method: form or universal-login',
    );
  }
  if (hops.some(({ request }) => CREDENTIAL.test(request.url))) {
    return untested(
      'the password went to the authorization server in a URL',
      'a sign-in page that sends the password by POST',
    );
  }
  const sentOn = hops.find(
    ({ request, answer }) => request.method === 'POST' && [307, 308].includes(answer?.status ?? 0),
  );
  if (sentOn !== undefined) {
    return untested(
      `a form was answered with ${describe(sentOn)}, and whether the password was in it cannot be seen, for no field held it as it was typed`,
      'a sign-in page whose form sends the password as it is typed; or 303 after each form',
    );
  }
  // RFC 9700 4.12 is about what a redirect does to a form, and the answer to a script's request redirects no browser.
  return notApplicable('the sign-in page sends the password by a script: no form that a redirect could send on has it');
}

const TYPED_PASSWORD = /^typed (?:the|user name and) password$/;

/** The label of a secret of the profile, in the place where it was typed. */
const CREDENTIAL = /«users\./;

const REASON_BY_STATUS: Readonly<Partial<Record<number, 'password-sent-on' | 'not-by-303'>>> = {
  301: 'not-by-303',
  302: 'not-by-303',
  307: 'password-sent-on',
  308: 'password-sent-on',
};

export const pageChecks = checks(keepsItsPagesOutOfFrames, sendsItsPagesWithCare, passesNoPasswordsOn);
