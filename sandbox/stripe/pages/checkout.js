// Comfort for the card form; the page works without it.
const form = document.querySelector("#pay");

/** Writes digits in groups and keeps the caret behind the digit it stood behind. */
function regroup(input, write) {
  input.addEventListener("input", () => {
    const before = input.value.slice(0, input.selectionStart ?? 0).replaceAll(/\D/g, "").length;
    input.value = write(input.value.replaceAll(/\D/g, ""));
    let at = 0;
    for (let seen = 0; at < input.value.length && seen < before; at++) if (/\d/.test(input.value[at])) seen++;
    input.setSelectionRange(at, at);
  });
}

if (form !== null) {
  const { number, exp, cvc, name, email } = form.elements;
  regroup(number, (digits) => digits.slice(0, 19).replaceAll(/(\d{4})(?=\d)/g, "$1 "));
  regroup(exp, (digits) => (digits.length > 2 ? `${digits.slice(0, 2)} / ${digits.slice(2, 4)}` : digits));
  for (const chip of document.querySelectorAll("[data-card]")) {
    chip.addEventListener("click", () => {
      number.value = chip.dataset.card.replaceAll(/(\d{4})(?=\d)/g, "$1 ");
      exp.value = "12 / 34";
      cvc.value = "123";
      if (name.value === "") name.value = "Jenny Rosen";
      if (email.value === "") email.value = "jenny@example.com";
      form.querySelector(".primary").focus();
    });
  }
  form.addEventListener("submit", () => form.querySelector(".primary").setAttribute("aria-busy", "true"));
  const wrong = form.querySelector("[aria-invalid]");
  (wrong ?? [email, number, exp, cvc, name].find((input) => input.value === ""))?.focus();
}
document.querySelector(".dialog [autofocus]")?.focus();
