import { randomBytes } from 'node:crypto';
import { isObject } from '../fixtures/protocol/answers.ts';
import { jsonOf } from '../fixtures/protocol/json.ts';
import { type ControlView, renderControlPage, renderLive } from '../mock-idp/control-page.ts';
import { field, type HeaderLine, type Incoming, jsonReply, openPort, type Reply } from '../mock-idp/http.ts';
import type { Journal } from '../mock-idp/journal.ts';
import { SECRET_FORMS } from '../mock-idp/tenant/tokens/mint.ts';
import type { World } from '../mock-idp/world.ts';

export interface MintingDesk {
  /** The control page. */
  readonly page: string;
  /** GET gives a token as the tenant issues it; POST with an object of the members in `MEMBERS` one that differs so. */
  readonly url: string;
  /** POST makes the next key sign; the one before stays published. */
  readonly rotate: string;
  /** POST withdraws every key that signed before, or the one whose `kid` an object names. */
  readonly revoke: string;
  close(): Promise<void>;
}

export interface DeskOptions {
  readonly world: World;
  readonly journal: Journal;
  /** Absent: a free one. */
  readonly port?: number;
  readonly view: Omit<ControlView, 'desk'>;
}

type Overrides = NonNullable<Parameters<World['issue']>[0]>;

const LOOPBACK = '127.0.0.1';

/**
 * Mints tokens of the world, turns its keys and shows what it is doing, for whoever sits at this machine: on loopback,
 * wherever the world itself listens.
 *
 * @throws {Error} with a `code` where the port cannot be opened.
 */
export async function openMintingDesk(options: DeskOptions): Promise<MintingDesk> {
  const port = await openPort(LOOPBACK, undefined, options.port === undefined ? undefined : { number: options.port });
  const { host, href: page } = new URL(`http://${LOOPBACK}:${port.number}/`);
  const url = `${page}token`;
  const desk = { ...options, view: { ...options.view, desk: url } };
  port.serve({
    // A page whose name was rebound to loopback comes with its own Host; a page elsewhere, with an Origin.
    answer: (request) => {
      const origin = field(request, 'origin');
      const isOurs = field(request, 'host') === host && (origin === undefined || origin === `http://${host}`);
      return isOurs ? answer(desk, request) : forbidden();
    },
    answerUnreadable: forbidden,
  });
  return { page, url, rotate: `${page}rotate`, revoke: `${page}revoke`, close: () => port.close() };
}

interface Desk extends DeskOptions {
  readonly view: ControlView;
}

type Route = readonly [methods: readonly string[], answer: (desk: Desk, request: Incoming) => Reply | Promise<Reply>];

const ROUTES: Readonly<Record<string, Route>> = {
  '/': [['GET'], ({ view, journal }) => pageReply((nonce) => renderControlPage(view, journal, nonce))],
  '/live': [['GET'], ({ journal, view }) => pageReply(() => renderLive(journal, view))],
  '/token': [['GET', 'POST'], mint],
  '/rotate': [['POST'], rotate],
  '/revoke': [['POST'], revoke],
  '/signing-key': [['GET'], async ({ world }) => jsonReply(200, await world.signingKey(), [NO_STORE])],
  '/keys': [['GET', 'POST'], keys],
};

function answer(desk: Desk, request: Incoming): Reply | Promise<Reply> {
  const route = Object.hasOwn(ROUTES, request.path) ? ROUTES[request.path] : undefined;
  if (route === undefined) return jsonReply(404, { error: `ask for ${Object.keys(ROUTES).join(', ')}` });
  const [methods, reply] = route;
  return methods.includes(request.method)
    ? reply(desk, request)
    : jsonReply(405, { error: methods.join(' or ') }, [['Allow', methods.join(', ')]]);
}

async function mint({ world, journal }: Desk, { body }: Incoming): Promise<Reply> {
  try {
    const overrides = overridesOf(body);
    const token = await world.issue(overrides);
    journal.noteToken('minted', token, [
      ...(overrides?.key === 'foreign' ? ['foreign key'] : []),
      ...(overrides?.signature === undefined ? [] : ['broken signature']),
    ]);
    return { status: 200, headers: [['Content-Type', 'text/plain'], NO_STORE], body: `${token}\n` };
  } catch (error) {
    return jsonReply(400, { error: (error as Error).message });
  }
}

function rotate({ world }: Desk, request: Incoming): Reply {
  world.rotateKeys();
  return done(request, { rotated: true });
}

async function revoke({ world }: Desk, request: Incoming): Promise<Reply> {
  const { kid } = asObject(jsonOf(request.body));
  const kids = (await world.previousKeys()).filter((each) => kid === undefined || each === kid);
  await Promise.all(kids.map((each) => world.revokeKey(each)));
  return done(request, { revoked: kids });
}

const KEY_FAILURES = ['error', 'empty', 'html', 'hang'] as const;

/** How often others have asked for the key set; an order says what they get in its place from now on. */
function keys({ world: { keyGate } }: Desk, { method, body }: Incoming): Reply {
  if (method === 'POST') {
    const { answer } = asObject(jsonOf(body));
    const failure = KEY_FAILURES.find((each) => each === answer);
    if (failure !== undefined) keyGate.break(failure);
    else if (answer === 'keys') keyGate.mend();
    else return jsonReply(400, { error: `answer is one of keys, ${KEY_FAILURES.join(', ')}` });
  }
  return jsonReply(200, { fetches: keyGate.fetches() }, [NO_STORE]);
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {});

/** A form of the control page is led back to it; who asks by other means is told what was done. */
function done(request: Incoming, result: object): Reply {
  return field(request, 'origin') === undefined
    ? jsonReply(200, result, [NO_STORE])
    : { status: 303, headers: [['Location', '/']] };
}

const NO_STORE: HeaderLine = ['Cache-Control', 'no-store'];

function pageReply(render: (nonce: string) => string): Reply {
  const nonce = randomBytes(16).toString('base64url');
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    status: 200,
    headers: [
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Content-Security-Policy', policy.join('; ')],
      ['X-Content-Type-Options', 'nosniff'],
      ['Cross-Origin-Resource-Policy', 'same-origin'],
      // Its own forms have to say where they come from; nobody else is told of this page.
      ['Referrer-Policy', 'same-origin'],
      NO_STORE,
    ],
    body: render(nonce),
  };
}

const forbidden = () => jsonReply(403, { error: 'tokens are minted for this machine only' });

const oneOf =
  (...values: readonly string[]): Member =>
  (value) =>
    values.includes(value as string) ? undefined : `one of ${values.join(', ')}`;

const object: Member = (value) => (isObject(value) ? undefined : 'an object');

/** @returns what the value has to be, where it is not. */
type Member = (value: unknown) => string | undefined;

const MEMBERS: Readonly<Record<string, Member>> = {
  claims: object,
  header: object,
  without: (value) =>
    Array.isArray(value) && value.every((name) => typeof name === 'string') ? undefined : 'a list of names',
  key: oneOf('current', 'next', 'foreign'),
  signature: oneOf('broken'),
  secret: oneOf(...SECRET_FORMS),
};

/**
 * @returns `undefined` for a token that differs in nothing.
 * @throws {Error} says what an order consists of.
 */
function overridesOf(body: string): Overrides | undefined {
  if (body === '') return undefined;
  const value = jsonOf(body);
  if (!isObject(value)) throw new Error(`the body is a JSON object with any of ${Object.keys(MEMBERS).join(', ')}`);
  for (const [name, member] of Object.entries(value)) {
    const check = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
    if (check === undefined) throw new Error(`there is no ${name}: an order has ${Object.keys(MEMBERS).join(', ')}`);
    const expected = check(member);
    if (expected !== undefined) throw new Error(`${name} is ${expected}`);
  }
  if (Object.keys(value).length === 0) return undefined;
  const { claims = {}, header = {}, without = [], ...rest } = value as Order;
  if (without.includes('alg')) throw new Error('every token has an alg: {"header":{"alg":"none"}} makes one unsigned');
  return {
    ...rest,
    claims: { ...claims, ...left(without.filter((name) => !HEADER.includes(name))) },
    header: { ...header, ...left(without.filter((name) => HEADER.includes(name))) },
  };
}

type Order = Overrides & { readonly without?: readonly string[] };

/** Header members that may be left out; no claim has one of these names. */
const HEADER: readonly string[] = ['kid', 'typ'];

/** JSON knows no undefined, and null is a value. */
function left(names: readonly string[]): Readonly<Record<string, undefined>> {
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
