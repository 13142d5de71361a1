import type { Client } from '../entities.ts';

/** What the Management API says about a client metadata document (POST /api/v2/clients/cimd/preview and /register). */
export interface ClientDocumentReport {
  /** Of the client that the URL stands for; absent where it stands for none. */
  readonly client_id?: string;
  /** Why no document was had; then there is neither `validation` nor `mapped_fields`. */
  readonly errors: readonly string[];
  readonly validation?: Validation;
  readonly mapped_fields?: MappedFields;
}

export interface Validation {
  readonly valid: boolean;
  /** What makes the document unusable. */
  readonly violations: readonly string[];
  /** What is left out of a usable one. */
  readonly warnings: readonly string[];
}

/** What became of an import. */
export interface ClientDocumentImport extends ClientDocumentReport {
  /** `full`: the tenant holds as many applications as its plan allows. */
  readonly outcome: 'created' | 'updated' | 'refused' | 'full';
}

/** Members of a client that its document decides. */
export interface MappedFields
  extends Readonly<
    Partial<
      Pick<
        Client,
        | 'external_client_id'
        | 'name'
        | 'app_type'
        | 'callbacks'
        | 'logo_uri'
        | 'description'
        | 'grant_types'
        | 'token_endpoint_auth_method'
        | 'jwks_uri'
      >
    >
  > {
  readonly client_authentication_methods?: {
    readonly private_key_jwt: {
      readonly credentials: readonly {
        readonly credential_type: 'public_key';
        readonly kid: string;
        readonly alg?: string;
      }[];
    };
  };
}
