// A person with a browser, as far as signing in needs one: cookies, redirects and forms, but no scripts.

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };
const HOPS = 12;

const decode = (text) => text.replace(/&(#?\w+);/g, (whole, name) => ENTITIES[name.toLowerCase()] ?? whole);

function attributes(tag) {
  const found = {};
  for (const [, name, value] of tag.matchAll(/([\w-]+)(?:="([^"]*)")?/g)) found[name] ??= decode(value ?? "");
  return found;
}

// The form that holds a field or button of this name: where it goes, and what it already carries.
function formWith(fieldName, { html, url }) {
  for (const [, head, body] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)) {
    const controls = [...body.matchAll(/<(?:input|button)\b([^>]*)>/g)].map(([, tag]) => attributes(tag));
    if (!controls.some((control) => control.name === fieldName)) continue;
    const carried = controls.filter((control) => control.type === "hidden");
    return {
      action: new URL(attributes(head).action || url, url).href,
      fields: Object.fromEntries(carried.map(({ name, value }) => [name, value ?? ""])),
    };
  }
  return undefined;
}

export class Person {
  constructor({ username, password }) {
    this.username = username;
    this.password = password;
    this.cookies = new Map();
  }

  // Opens the address and does what is asked until the browser is sent to `destination`; returns that address.
  async reach(destination, start) {
    let page = await this.open(start, destination);
    for (let step = 0; step < HOPS; step += 1) {
      if (page.left) return page.left;
      const login = formWith("password", page);
      const consent = formWith("action", page);
      if (login) {
        page = await this.send(login, { identifier: this.username, password: this.password }, destination);
      } else if (consent) {
        page = await this.send(consent, { action: "allow" }, destination);
      } else {
        throw new Error(`${page.url} shows neither a sign-in nor a consent form:\n${page.html.slice(0, 2000)}`);
      }
    }
    throw new Error(`${destination} was not reached in ${HOPS} steps`);
  }

  async isAskedForPassword(start, destination) {
    const page = await this.open(start, destination);
    return page.left === undefined && formWith("password", page) !== undefined;
  }

  send({ action, fields }, typed, destination) {
    const body = new URLSearchParams({ ...fields, ...typed });
    return this.open(action, destination, { method: "POST", body });
  }

  async open(url, destination, options = {}) {
    let request = options;
    let here = url;
    for (let hop = 0; hop < HOPS; hop += 1) {
      if (here.startsWith(destination)) return { left: here };
      const headers = { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
      if (request.method === "POST") headers.origin = headers.referer = new URL(here).origin;
      const response = await fetch(here, { ...request, headers, redirect: "manual" });
      this.remember(response.headers.getSetCookie());
      const location = response.headers.get("location");
      if (!location) return { url: here, html: await this.text(response) };
      await response.arrayBuffer();
      here = new URL(location, here).href;
      request = {};
    }
    throw new Error(`${url} redirects for ever`);
  }

  async text(response) {
    const html = await response.text();
    if (response.status >= 400) throw new Error(`${response.url} answered ${response.status}:\n${html.slice(0, 2000)}`);
    return html;
  }

  remember(setCookies) {
    for (const line of setCookies) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (/max-age=0(;|$)/i.test(line) || value === "" || value === '""') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}
