// Loaded before software that listens on every interface: it listens at localhost instead.
import { Server } from 'node:net';

const { listen } = Server.prototype;

Server.prototype.listen = function listenAtLocalhost(port, ...others) {
  return listen.call(this, Number(port), 'localhost', ...others);
};
