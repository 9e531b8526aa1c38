/* A question as a link: JSON, deflated, in base64 that an address may hold. Nothing of it reaches a server. */

const MOST = 128 * 1024; // bytes of a question; a short link can be made that inflates to a gigabyte

async function through(bytes, stream) {
  const parts = [];
  let size = 0;
  for await (const part of new Blob([bytes]).stream().pipeThrough(stream)) {
    size += part.length;
    if (size > MOST) throw new RangeError("the question is too large");
    parts.push(part);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

export async function packed(question) {
  const bytes = await through(new TextEncoder().encode(JSON.stringify(question)), new CompressionStream("deflate-raw"));
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/* The question of an address's fragment; null where it holds none that can be read. */
export async function unpacked(fragment) {
  const match = /^#q=([\w-]+)$/.exec(fragment);
  if (!match) return null;
  try {
    const text = atob(match[1].replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = await through(
      Uint8Array.from(text, (one) => one.charCodeAt(0)),
      new DecompressionStream("deflate-raw"),
    );
    const question = JSON.parse(new TextDecoder().decode(bytes));
    return question && Array.isArray(question.arms) ? question : null;
  } catch {
    return null;
  }
}
