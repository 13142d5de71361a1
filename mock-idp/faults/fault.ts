import type { ServerBehaviour } from '../server/behaviour.ts';
import type { Revision } from '../setup.ts';
import type { TenantBehaviour } from '../tenant/behaviour.ts';

/** One deliberate deviation of the world. It replaces as little as makes the deviation. */
export interface Fault {
  /** Kebab-case, says the deviation. */
  readonly id: string;
  /** The deviation in a sentence. */
  readonly says: string;
  /** What it replaces; called once for each world, so that a fault may remember. */
  readonly server?: (conforming: ServerBehaviour) => Partial<ServerBehaviour>;
  readonly tenant?: (conforming: TenantBehaviour) => Partial<TenantBehaviour>;
  /** Revisions in which it is a deviation; absent: all. */
  readonly revisions?: readonly Revision[];
  /** The world presents itself under public names instead of loopback addresses. */
  readonly publicName?: true;
  /** Exactly the reasons it trips, as `<check id>:<reason>`. */
  readonly trips: readonly string[];
}
