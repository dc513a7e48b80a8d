// Passkeys: the only thing on these pages that needs script.
"use strict";
document.querySelectorAll(".passkey").forEach((box) => {
  if (!window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) return;
  const error = box.querySelector(".error");
  const post = async (url, body) => {
    const r = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body });
    const answer = await r.json();
    if (!r.ok) throw new Error(answer.detail);
    return answer;
  };
  box.hidden = false;
  box.querySelector("button").addEventListener("click", async () => {
    error.hidden = true;
    try {
      const o = (await post(box.dataset.begin, "{}")).publicKey;
      const credential = box.dataset.create
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(o) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(o) });
      location.assign((await post(box.dataset.finish, JSON.stringify(credential))).next);
    } catch (e) {
      error.textContent = "Error: " + (e.name === "NotAllowedError" ? "the passkey was not used. Try again, or use password and code." : e.message);
      error.hidden = false;
    }
  });
});
