// Shows of a form what belongs to what was chosen. Without this file all is shown, and what does not belong is refused.

const bindFieldsOfChoice = (choice, fields) => {
  const show = () => {
    for (const field of fields) {
      const belongs = field.dataset.for.split(" ").includes(choice.value);
      field.closest(".field-line").hidden = !belongs;
      // What nobody sees is not sent, and stops no form; it comes back with the choice.
      field.disabled = !belongs;
    }
    for (const row of new Set(fields.map((field) => field.closest(".form-row")))) {
      row.hidden = [...row.querySelectorAll(".field-line")].every((line) => line.hidden);
    }
  };
  choice.addEventListener("change", show);
  // Browsers restore what was chosen when one comes back to a page.
  window.addEventListener("pageshow", show);
  show();
};

document.querySelectorAll("form").forEach((form) => {
  const fields = [...form.querySelectorAll("[data-chosen-by]")];
  for (const name of new Set(fields.map((field) => field.dataset.chosenBy))) {
    const choice = form.elements[name];
    if (choice) bindFieldsOfChoice(choice, fields.filter((field) => field.dataset.chosenBy === name));
  }
});
