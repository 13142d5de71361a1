import { publicDocument, type Reply } from '../../http.ts';
import type { ServerContext } from '../../server/behaviour.ts';
import { answerFirst, type Replacement, together } from '../replace.ts';

type Document = Readonly<Record<string, unknown>>;

/** Gives the document other members; one that is `undefined` is left out. */
export function members(changes: Document | ((document: Document, context: ServerContext) => Document)): Replacement {
  return (conforming) => ({
    resourceMetadata: (context) => {
      const document = conforming.resourceMetadata(context);
      return { ...document, ...(typeof changes === 'function' ? changes(document, context) : changes) };
    },
  });
}

/** Answers otherwise where the document stands. */
export function reply(edit: (reply: Reply, context: ServerContext) => Reply): Replacement {
  return (conforming) => {
    const isHere = (context: ServerContext) => conforming.route(context) === 'resource-metadata';
    return {
      route: (context) => (isHere(context) ? 'nowhere' : conforming.route(context)),
      sideDoor: (context) => (isHere(context) ? edit(document(context), context) : conforming.sideDoor(context)),
    };
  };
}

/** The conforming answer with the document. */
export function document(context: ServerContext): Reply {
  return publicDocument(context.request, 300, () => context.behaviour.resourceMetadata(context));
}

/** Lets the challenge name a path of the server where the document is as well; it says there what it should. */
export function alsoAt(path: string): Replacement {
  return (conforming) =>
    together(
      () => ({ resourceMetadataUrl: ({ setup }) => new URL(path, setup.server.url).href }),
      answerFirst(
        ({ request }) => request.path === path,
        (context) => publicDocument(context.request, 300, () => conforming.resourceMetadata(context)),
      ),
    )(conforming);
}

/** Lets the document stand at a path of the server that the challenge names, and nowhere else. */
export function onlyAt(path: string): Replacement {
  return (conforming) => ({
    ...alsoAt(path)(conforming),
    route: (context) => {
      const place = conforming.route(context);
      return place === 'resource-metadata' ? 'nowhere' : place;
    },
  });
}
