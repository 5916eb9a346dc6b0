// Small comforts. Every page works without this file.

const isTyping = (element) =>
  element instanceof HTMLElement && (element.isContentEditable || element.matches("input, textarea, select"));

// "/" moves to the search of the page.
const bindSearchKey = () => {
  const search = document.querySelector("[data-search]");
  if (!search) return;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
};

const bindReveal = (button) => {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  if (!input) return;
  button.hidden = false;
  const show = (isShown) => {
    input.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // A browser offers to save, and never remembers as ordinary text, only what is a password when it is sent.
  input.form?.addEventListener("submit", () => show(false));
};

// A second press while the first is under way does nothing; a page restored by "back" can be sent again.
const bindSendOnce = (form) => {
  let isSent = false;
  let restore = () => {};
  form.addEventListener("submit", (event) => {
    if (isSent) {
      event.preventDefault();
      return;
    }
    isSent = true;
    const button = event.submitter ?? form.querySelector("[type=submit]");
    const label = button?.querySelector("[data-label]");
    if (!button || !label) return;
    const words = label.textContent;
    // Not `disabled`: that would drop the button's own name and value from what is sent.
    button.setAttribute("aria-disabled", "true");
    if (button.dataset.busy) label.textContent = button.dataset.busy;
    restore = () => {
      button.removeAttribute("aria-disabled");
      label.textContent = words;
    };
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    isSent = false;
    restore();
  });
};

const MET = {
  length: (password, minimum) => [...password].length >= minimum,
  upper: (password) => /\p{Lu}/u.test(password),
  lower: (password) => /\p{Ll}/u.test(password),
  digit: (password) => /\p{Nd}/u.test(password),
  special: (password) => /[^\p{L}\p{N}]/u.test(password),
};
const SAID_AFTER_MS = 800;

// Rules of a new password are ticked off as it is typed; the server judges all of them.
const bindPasswordRules = (box) => {
  const input = document.getElementById(box.dataset.passwordRules);
  if (!input) return;
  const rules = [...box.querySelectorAll("[data-rule]")];
  const say = box.querySelector("[role=status]");
  let pause;
  const mark = () => {
    const missing = [];
    for (const rule of rules) {
      const isMet = MET[rule.dataset.rule](input.value, Number(rule.dataset.minimum));
      rule.toggleAttribute("data-met", isMet);
      if (!isMet) missing.push(rule.textContent.trim());
    }
    return missing;
  };
  input.addEventListener("input", () => {
    const missing = mark();
    // Said once the typing pauses, not at each letter.
    clearTimeout(pause);
    pause = setTimeout(() => {
      say.textContent = missing.length ? `${say.dataset.still} ${missing.join(", ")}` : say.dataset.met;
    }, SAID_AFTER_MS);
  });
  mark();
};

const bindMenu = (menu) => {
  const summary = menu.querySelector("summary");
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    summary.focus();
  });
};

// Times become those of the reader: relative in the text, exact on hover, in the zone of their profile. Before sign-in
// nobody has one, and the browser's counts.
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const relativeWords = (instant) => {
  const seconds = (instant.getTime() - Date.now()) / 1000;
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return null; // "just now", as the page says already
};

// The page's language in the reader's own region: "23 November" for en-GB, "November 23" for en-US.
const page = document.documentElement.lang || "en";
const language = navigator.languages.find((tag) => tag.split("-")[0] === page.split("-")[0]) ?? page;

const knownZone = (zone) => {
  try {
    return new Intl.DateTimeFormat(language, { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined; // younger than the browser
  }
};
const timeZone = knownZone(document.documentElement.dataset.timeZone);

const localiseTime = (element) => {
  const instant = new Date(element.dateTime);
  if (Number.isNaN(instant.getTime())) return;
  const exact = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short", timeZone }).format(instant);
  if (element.dataset.time === "moment") {
    element.textContent = exact;
    return;
  }
  element.title = exact;
  element.textContent =
    element.dataset.time === "date"
      ? new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone }).format(instant)
      : (relativeWords(instant) ?? element.textContent);
};

bindSearchKey();
document.querySelectorAll("[data-reveal]").forEach(bindReveal);
document.querySelectorAll("[data-password-rules]").forEach(bindPasswordRules);
document.querySelectorAll("form[data-send-once]").forEach(bindSendOnce);
document.querySelector("form[data-send-now]")?.requestSubmit();
document.querySelectorAll("details[data-menu]").forEach(bindMenu);
document.querySelectorAll("time[data-time]").forEach(localiseTime);
