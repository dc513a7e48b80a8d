// The kiosk's own devices speak to the page by an event on the document: its
// detail names fields and values, and whether the form is sent at once.
(() => {
  const page = document.querySelector(".kiosk");
  if (!page) return;
  document.addEventListener("limen:device", (e) => {
    const form = page.querySelector("form");
    for (const [name, value] of Object.entries(e.detail.fields || {})) {
      const field = form.elements.namedItem(name);
      if (field) field.value = value;
    }
    if (e.detail.send) form.requestSubmit();
  });
  // A traveller who has left must not leave data on the screen: after a minute
  // the page asks, and twenty seconds later it begins anew. What was entered
  // stays with the code.
  const ask = page.querySelector(".still");
  if (!ask) return;
  let timer;
  const anew = () => location.assign(page.querySelector("a.button").href);
  const wait = () => {
    clearTimeout(timer);
    ask.hidden = true;
    timer = setTimeout(() => {
      ask.hidden = false;
      ask.querySelector("button").focus();
      timer = setTimeout(anew, 20000);
    }, 60000);
  };
  ask.querySelector("button").addEventListener("click", wait);
  for (const kind of ["keydown", "pointerdown"]) document.addEventListener(kind, () => ask.hidden && wait());
  wait();
})();
