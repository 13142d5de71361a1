import type { JWK } from 'jose';
import { signedClientKeyPair } from '../keys.ts';
import { CALLBACKS, CLIENTS, SECRET } from './conforming.ts';

/** What a client knows of itself. */
export interface WorldClient {
  readonly id: string;
  /** Of `client_secret_basic` and `client_secret_post`. */
  readonly secret?: string;
  /** Of `private_key_jwt`, for RS256. */
  readonly privateKey?: JWK & { readonly kid: string };
  /** Absent: nobody is sent back to it. */
  readonly redirectUri?: string;
}

export interface WorldClients {
  /** A program on the user's machine. */
  readonly native: WorldClient & { readonly redirectUri: string };
  /** Authenticates by `client_secret_basic`. */
  readonly web: WorldClient & { readonly secret: string; readonly redirectUri: string };
  /** Authenticates by `private_key_jwt`. */
  readonly signed: WorldClient & Required<Pick<WorldClient, 'privateKey' | 'redirectUri'>>;
  /** Authenticates by `client_secret_post`, and acts for itself. */
  readonly machine: WorldClient & { readonly secret: string };
  /** May do everything at the Management API. */
  readonly operator: WorldClient & { readonly secret: string };
  /** May read there. */
  readonly auditor: WorldClient & { readonly secret: string };
}

export function worldClients(): WorldClients {
  return {
    native: { id: CLIENTS.native, redirectUri: CALLBACKS.native },
    web: { id: CLIENTS.web, secret: SECRET, redirectUri: CALLBACKS.web },
    signed: {
      id: CLIENTS.signed,
      redirectUri: CALLBACKS.web,
      get privateKey() {
        return signedClientKeyPair().privateJwk;
      },
    },
    machine: { id: CLIENTS.machine, secret: SECRET },
    operator: { id: CLIENTS.operator, secret: SECRET },
    auditor: { id: CLIENTS.auditor, secret: SECRET },
  };
}
