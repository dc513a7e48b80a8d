// A document reader types like a keyboard. When the zone is whole, the form is
// sent by itself: 2 lines of 44 or 36 characters, or 3 of 30. So is the code of a
// traveller from the kiosk, which a scanner ends with Enter.
(() => {
  const zone = document.getElementById("mrz");
  if (!zone) return;
  let sent = false;
  zone.addEventListener("input", () => {
    const lines = zone.value.toUpperCase().split(/\s+/).filter(Boolean);
    const is = (n, width) => lines.length === n && lines.every((l) => l.length === width);
    const code = /^\s*[2-9A-HJ-NP-Z]{4}-?[2-9A-HJ-NP-Z]{4}\s*\n$/i.test(zone.value);
    if (!sent && (code || is(2, 44) || is(2, 36) || is(3, 30))) {
      sent = true;
      zone.form.requestSubmit();
    }
  });
})();
