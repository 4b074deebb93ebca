// Preloaded (NODE_OPTIONS=--import), this makes libsignal throw where a signature is false. It
// says so by its answer, which Baileys ignores: everything else is as npm gives it.
import { createRequire } from 'node:module';

const curve = createRequire(import.meta.url)('libsignal/src/curve.js');
const verify = curve.verifySignature;
curve.verifySignature = (...all) => {
  if (!verify(...all)) throw new Error('false signature');
  return true;
};
