import type { Reply } from '../../http.ts';
import type { Problem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import { CLIENT_DOCUMENTS, type ClientDocumentBehaviour } from '../client-documents/behaviour.ts';
import type { Client, ClientAuthMethod, GrantType } from '../entities.ts';
import type { AclDecision } from '../network-acl.ts';
import {
  confirmDeletion,
  deleteRegistration,
  manageRegistration,
  mayManageRegistration,
  renewRegistrationToken,
  updateRegistration,
} from './manage.ts';
import {
  type ApplicationType,
  decideMetadata,
  type RegisteredMetadata,
  type RequestedMetadata,
  redirectUriProblem,
  registeredAuthMethod,
  registeredGrants,
} from './metadata.ts';
import { type RegistrationRefusal, refuseMetadata, refuseRegistration } from './refusals.ts';
import {
  clientFrom,
  decideRegistrationAcl,
  isRegistrationOpen,
  isRegistrationTooFrequent,
  isTenantFull,
  mayRegister,
  readRegistration,
  register,
  registrationResponse,
  replyRegistered,
} from './register.ts';

/** How clients become known: dynamic registration, and metadata documents. */
export interface RegistrationBehaviour extends ClientDocumentBehaviour {
  /** /oidc/register (RFC 7591). */
  register(context: TenantContext): Reply | Promise<Reply>;
  /** What rules of the network do with a registration. */
  decideRegistrationAcl(context: TenantContext): AclDecision;
  /** Whether this request is one more than its second allows; asked once for each. */
  isRegistrationTooFrequent(context: TenantContext): boolean;
  isRegistrationOpen(context: TenantContext): boolean;
  mayRegister(context: TenantContext): boolean;
  /** Whether there are as many applications as the plan allows, however they came. */
  isTenantFull(context: TenantContext): boolean;
  /** The metadata sent; `undefined`: it is no JSON object. */
  readRegistration(context: TenantContext): RequestedMetadata | undefined;
  /** What of it is registered. */
  decideMetadata(requested: RequestedMetadata, context: TenantContext): RegisteredMetadata | Problem;
  /** Why a redirect URI is refused; `undefined`: it is not. */
  redirectUriProblem(uri: string, type: ApplicationType, context: TenantContext): string | undefined;
  registeredGrants(requested: readonly string[] | undefined, context: TenantContext): readonly GrantType[];
  /** `undefined`: there is no such method here. */
  registeredAuthMethod(requested: string | undefined, context: TenantContext): ClientAuthMethod | undefined;
  clientFrom(metadata: RegisteredMetadata, requested: RequestedMetadata, context: TenantContext): Client;
  /** Members of the answer. */
  registrationResponse(
    client: Client,
    metadata: RegisteredMetadata,
    requested: RequestedMetadata,
    context: TenantContext,
  ): Readonly<Record<string, unknown>>;
  /** The answer itself. */
  replyRegistered(registered: Readonly<Record<string, unknown>>, context: TenantContext): Reply;
  refuseRegistration(refusal: RegistrationRefusal, context: TenantContext): Reply;
  refuseMetadata(problem: Problem, context: TenantContext): Reply;
  /** A client's configuration endpoint (RFC 7592 2). */
  manageRegistration(context: TenantContext): Reply;
  /** Whether the request may see and change what this client registered (RFC 7592 2). */
  mayManageRegistration(client: Client, context: TenantContext): boolean;
  /** What becomes of the client (RFC 7592 2.2), or why nothing does. */
  updateRegistration(client: Client, requested: RequestedMetadata, context: TenantContext): Client | Problem;
  /** RFC 7592 2.3. */
  deleteRegistration(client: Client, context: TenantContext): void;
  confirmDeletion(context: TenantContext): Reply;
  /** The registration access token from now on (RFC 7592 5): a new one at each update. */
  renewRegistrationToken(client: Client, context: TenantContext): string;
}

export const REGISTRATION: RegistrationBehaviour = {
  ...CLIENT_DOCUMENTS,
  register,
  decideRegistrationAcl,
  isRegistrationTooFrequent,
  isRegistrationOpen,
  mayRegister,
  isTenantFull,
  readRegistration,
  decideMetadata,
  redirectUriProblem,
  registeredGrants,
  registeredAuthMethod,
  clientFrom,
  registrationResponse,
  replyRegistered,
  refuseRegistration,
  refuseMetadata,
  manageRegistration,
  mayManageRegistration,
  updateRegistration,
  deleteRegistration,
  confirmDeletion,
  renewRegistrationToken,
};
