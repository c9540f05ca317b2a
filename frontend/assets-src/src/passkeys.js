// WebAuthn in the browser: Base64url on our side, bytes on its.
import { apiHeaders, apiUrl, offline, Problem, problemOf } from "./http.js";

function toBytes(text) {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function toText(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// Browsers refuse passkeys at an address that is a number, whatever the server says.
export function passkeysAreUsable() {
  return window.isSecureContext && "PublicKeyCredential" in window && !/^[\d.]+$|^\[/.test(location.hostname);
}

// A call whose 401 is an answer, and no sign that a session has ended.
export async function post(path, body) {
  let response;
  try {
    response = await fetch(apiUrl(path), {
      method: "POST", credentials: "same-origin", cache: "no-store",
      headers: apiHeaders({ Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }) }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw offline();
  }
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

export async function makePasskey() {
  const options = await post("/me/passkeys/options");
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options, challenge: toBytes(options.challenge), user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: options.excludeCredentials.map((known) => ({ ...known, id: toBytes(known.id) })),
    },
  });
  return {
    id: credential.id, rawId: toText(credential.rawId), type: credential.type,
    response: {
      clientDataJSON: toText(credential.response.clientDataJSON),
      attestationObject: toText(credential.response.attestationObject),
      transports: credential.response.getTransports?.() || [],
    },
  };
}

// `mediation: "conditional"` waits until a passkey is picked among the address field's suggestions.
export function signInWithPasskey(how) {
  return showPasskey("/auth/passkeys", how);
}

export async function showPasskey(path, { mediation, signal } = {}) {
  const options = await post("/auth/passkeys/options");
  const credential = await navigator.credentials.get({ mediation, signal, publicKey: { ...options, challenge: toBytes(options.challenge) } });
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
  return post(path, {
    credential: {
      id: credential.id, rawId: toText(credential.rawId), type: credential.type,
      response: {
        clientDataJSON: toText(clientDataJSON), authenticatorData: toText(authenticatorData),
        signature: toText(signature), userHandle: userHandle ? toText(userHandle) : null,
      },
    },
  });
}

// What to say of what went wrong; null for what the person wanted.
export function passkeyProblem(error) {
  if (error instanceof Problem) return error;
  if (error.name === "AbortError") return null;
  if (error.name === "InvalidStateError") return new Problem({ detail: "This device has a passkey for you already.", remedy: "Use it, or add one on another device." });
  return new Problem({ detail: "The browser used no passkey.", remedy: "Try again, or choose another way." });
}
