// Finding a QR code on the screen or in a picture.
import { decodeQR } from './api.js';

const detector = 'BarcodeDetector' in window ? new BarcodeDetector({ formats: ['qr_code'] }) : null;

// fromPicture reads the code in an image file: in the browser where it can, else on the server.
export async function fromPicture(file) {
  if (detector) {
    try {
      const found = await detector.detect(await createImageBitmap(file));
      if (found.length) return found[0].rawValue;
    } catch { /* the server tries too */ }
  }
  return decodeQR(file);
}

export const canCapture = () => Boolean(navigator.mediaDevices?.getDisplayMedia);

// fromScreen asks for a screen or window and looks at it until a code appears.
export async function fromScreen(patience = 30000) {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 5 }, audio: false });
  const video = document.createElement('video');
  video.srcObject = stream;
  video.muted = true;
  try {
    await video.play();
    for (const end = Date.now() + patience; Date.now() < end; await pause(400)) {
      const text = await fromFrame(video);
      if (text) return text;
      if (stream.getVideoTracks()[0].readyState === 'ended') throw new Error('The screen is no longer shared.');
    }
    throw new Error('No QR code was seen. Make sure the whole code is visible and try again.');
  } finally {
    stream.getTracks().forEach((track) => track.stop());
  }
}

async function fromFrame(video) {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  try {
    if (detector) {
      const found = await detector.detect(canvas);
      return found[0]?.rawValue;
    }
    return await decodeQR(await new Promise((done) => canvas.toBlob(done, 'image/png')));
  } catch {
    return null; // not yet
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
