// Small comforts of the administration. Every page works without this file.

const bindCopy = (button) => {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) return;
  const words = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
    } catch {
      // Not allowed here: mark it, so that the keyboard can copy it.
      getSelection().selectAllChildren(source);
      return;
    }
    button.textContent = button.dataset.done;
    setTimeout(() => {
      button.textContent = words;
    }, 2000);
  });
};

document.querySelectorAll("[data-copy]").forEach(bindCopy);
