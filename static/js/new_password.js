// The buttons of a new password's field. The field works without this file; what is made up never leaves the page but with its form.

// Without letters and digits that are mistaken for each other when read aloud or copied by hand.
const LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const GROUPS = 4;
const GROUP_LENGTH = 5;

const randomLetter = () => {
  // A byte beyond the last whole round would make the first letters likelier.
  const limit = 256 - (256 % LETTERS.length);
  const byte = new Uint8Array(1);
  do crypto.getRandomValues(byte);
  while (byte[0] >= limit);
  return LETTERS[byte[0] % LETTERS.length];
};

// Four groups of five: 116 bits.
const fromLetters = () =>
  Array.from({ length: GROUPS }, () => Array.from({ length: GROUP_LENGTH }, randomLetter).join("")).join("-");

// One in twelve lacks a kind of character that the policy may ask for.
const madeUp = () => {
  let password = fromLetters();
  while (![/[a-z]/, /[A-Z]/, /[0-9]/].every((kind) => kind.test(password))) password = fromLetters();
  return password;
};

const bindNewPassword = (box) => {
  const input = box.querySelector("input");
  const say = box.querySelector("[role=status]");
  const showButton = box.querySelector("[data-show]");
  const copyButton = box.querySelector("[data-copy-value]");

  const show = (shown) => {
    input.type = shown ? "text" : "password";
    showButton.setAttribute("aria-pressed", String(shown));
  };
  showButton.addEventListener("click", () => show(input.type === "password"));

  const makeUpButton = box.querySelector("[data-make-up]");
  makeUpButton.addEventListener("click", () => {
    input.value = madeUp();
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    show(true);
    say.textContent = makeUpButton.dataset.done;
  });

  copyButton.hidden = !navigator.clipboard;
  copyButton.addEventListener("click", async () => {
    if (!input.value) {
      say.textContent = copyButton.dataset.empty;
      return;
    }
    try {
      await navigator.clipboard.writeText(input.value);
      say.textContent = copyButton.dataset.done;
    } catch {
      show(true);
      input.select();
      say.textContent = copyButton.dataset.failed;
    }
  });

  // Browsers remember what is sent from a text field.
  input.form.addEventListener("submit", () => show(false));
  box.querySelector("[data-buttons]").hidden = false;
};

document.querySelectorAll("[data-new-password]").forEach(bindNewPassword);
