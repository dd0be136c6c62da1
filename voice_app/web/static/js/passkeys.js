// Passkeys, where the browser knows them: buttons that are hidden otherwise, and one sentence when it did not work.

const supported = Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);

async function ask(address, fields) {
  const form = new FormData();
  form.set("form_token", document.querySelector("[name=form_token]")?.value ?? "");
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const answer = await fetch(address, { method: "POST", body: form });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.fault ?? String(answer.status));
  return told;
}

const ways = {
  async make() {
    const options = PublicKeyCredential.parseCreationOptionsFromJSON(await ask("/org/passkeys/offer", {}));
    const made = await navigator.credentials.create({ publicKey: options });
    return ask("/org/passkeys/", { credential: JSON.stringify(made.toJSON()) });
  },
  async enter() {
    const options = PublicKeyCredential.parseRequestOptionsFromJSON(await ask("/org/passkeys/ask", {}));
    const proof = await navigator.credentials.get({ publicKey: options });
    return ask("/org/passkeys/sign-in", { credential: JSON.stringify(proof.toJSON()) });
  },
};

for (const button of document.querySelectorAll("button[data-passkey]")) {
  const status = document.getElementById(button.dataset.status);
  button.closest("[data-passkey-part]").hidden = !supported;
  button.addEventListener("click", async () => {
    status.textContent = "";
    button.disabled = true;
    try {
      const told = await ways[button.dataset.passkey]();
      location.assign(told.go);
    } catch {
      status.textContent = status.dataset.fault;
      button.disabled = false;
      button.focus();
    }
  });
}
