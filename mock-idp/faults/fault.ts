import type { DocumentHost } from '../document-host.ts';
import type { ServerBehaviour } from '../server/behaviour.ts';
import type { OperatorWord, RegistrationPolicy, Revision, State } from '../setup.ts';
import type { TenantBehaviour } from '../tenant/behaviour.ts';
import type { Configuration } from '../tenant/store.ts';

/** One deliberate deviation of the world. It replaces as little as makes the deviation. */
export interface Fault {
  /** Kebab-case, says the deviation. */
  readonly id: string;
  /** The deviation in a sentence. */
  readonly says: string;
  /** What it replaces; called once for each world, so that a fault may remember. */
  readonly server?: (conforming: ServerBehaviour) => Partial<ServerBehaviour>;
  readonly tenant?: (conforming: TenantBehaviour) => Partial<TenantBehaviour>;
  /** How its tenant is configured otherwise. */
  readonly configuration?: (conforming: Configuration) => Configuration;
  /** Revisions in which it is a deviation; absent: all. */
  readonly revisions?: readonly Revision[];
  /** The world it deviates from; absent: `conforming`. */
  readonly state?: Exclude<State, 'conforming'>;
  /** The world presents itself under public names and over TLS, instead of by loopback addresses over plain HTTP. */
  readonly publicName?: true;
  /**
   * Goes with `publicName`: plain HTTP is answered on the same port as HTTPS, by both parties or by one. Else it fails.
   * `request.scheme` tells a behaviour how it was asked.
   */
  readonly plainHttp?: true | 'server' | 'tenant';
  /** Form of the tokens that are taken for good ones; absent: what the server understands. */
  readonly accessTokens?: 'opaque' | 'encrypted';
  /** What the operator wants of registration; absent: what the operator of that state does. */
  readonly registrationPolicy?: RegistrationPolicy;
  /** What the operator has decided or written down otherwise. */
  readonly operator?: OperatorWord;
  /** Publishes documents of clients in place of the world's own, and gives their URLs, as their clients would send them. */
  readonly clientDocuments?: (host: DocumentHost) => readonly string[];
  /** Exactly the reasons it trips, as `<check id>:<reason>`. */
  readonly trips: readonly string[];
}
