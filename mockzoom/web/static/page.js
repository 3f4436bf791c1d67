// The live parts of the page. Without it everything works; one loads the page again oneself.
"use strict";
(() => {
  const REFRESH_MS = 250, POLL_MS = 3000, CHECK_MS = 350;
  const body = document.body;

  // -- live regions: elements with data-live are taken anew from the page as the server draws it --

  let waiting = 0, loading = false, again = false;
  let held = false, missed = false; // nothing is drawn anew while a button is held down
  const drawn = new WeakMap(); // what a region was last drawn from
  for (const region of document.querySelectorAll("[data-live]")) drawn.set(region, region.innerHTML);

  function refreshSoon() {
    if (loading) { again = true; return; }
    if (!waiting) waiting = setTimeout(refresh, REFRESH_MS);
  }

  async function refresh() {
    waiting = 0; loading = true; again = false;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { tell("not connected", false); }
    loading = false;
    if (again) refreshSoon();
  }

  function take(fresh) {
    if (held) { missed = true; return; }
    for (const old of document.querySelectorAll("[data-live]")) {
      const made = fresh.getElementById(old.id);
      if (!made || made.innerHTML === drawn.get(old)) continue;
      const focused = old.contains(document.activeElement) ? document.activeElement : null;
      if (focused && focused.matches("input, select, textarea")) continue;
      const open = new Set([...old.querySelectorAll("details[open]")].map((item) => item.id));
      drawn.set(old, made.innerHTML);
      old.replaceChildren(...made.childNodes);
      for (const item of old.querySelectorAll("details")) if (open.has(item.id)) item.open = true;
      if (focused && focused.id) document.getElementById(focused.id)?.focus();
    }
    for (const old of document.querySelectorAll("[data-redrawn]")) redraw(old, fresh);
    dress();
  }

  // A press and a release are a click only where both meet the same element.
  function release() {
    held = false;
    if (missed) refreshSoon();
    missed = false;
  }

  addEventListener("pointerdown", () => { held = true; });
  for (const kind of ["pointerup", "pointercancel", "blur"]) addEventListener(kind, release);

  // A picture is replaced once the next one is there, so that nothing flickers or jumps.
  async function redraw(old, fresh) {
    const made = fresh.getElementById(old.id);
    if (!made || made.innerHTML === old.innerHTML) return;
    const next = document.importNode(made, true);
    try { await next.querySelector("img").decode(); } catch { return; }
    document.getElementById(old.id)?.replaceWith(next);
  }

  function tell(text, on) {
    const place = document.getElementById("live");
    place.textContent = text;
    place.classList.toggle("on", on);
  }

  // -- the feed; while the page is hidden it is closed, since a browser opens only few at once ----

  let source = null, poll = 0, last = 0, ended = false;

  function follow() {
    if (!body.dataset.feed || source || ended || document.hidden) return;
    const url = new URL(body.dataset.feed, location.href);
    if (last) url.searchParams.set("after", last);
    source = new EventSource(url);
    source.onopen = () => { if (!("poll" in body.dataset)) { clearInterval(poll); poll = 0; } tell("live", true); };
    source.onerror = () => {
      tell("not connected", false);
      if (source && source.readyState === EventSource.CLOSED) { leave(); polling(); }
    };
    for (const kind of body.dataset.kinds.split(" ")) {
      source.addEventListener(kind, (event) => {
        last = event.lastEventId || last;
        if (kind === "finished") { ended = true; leave(); tell("ended", false); }
        if (kind === "run") askWhile(JSON.parse(event.data).playing > 0);
        refreshSoon();
      });
    }
  }

  // What runs do stands in feeds of their own; lists ask for it while any goes on.
  function askWhile(some) {
    if (some) { body.dataset.poll = ""; polling(); return; }
    delete body.dataset.poll;
    clearInterval(poll);
    poll = 0;
  }

  function leave() { if (source) source.close(); source = null; }

  function polling() {
    if (!source) tell("asked for every 3 s", true);
    let beats = 0;
    if (!poll) poll = setInterval(() => {
      if (document.hidden) return;
      refreshSoon();
      beats += 1;
      if (beats % 5 === 0) follow(); // there may be a free feed again
    }, POLL_MS);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) leave();
    else if (body.dataset.feed && !ended) { follow(); refreshSoon(); }
  });
  addEventListener("pagehide", leave);
  follow();
  if ("poll" in body.dataset) polling();

  // -- the editor: what is typed is held to the contract ------------------------------------------

  const editor = document.querySelector("textarea[data-check]");
  let typing = 0, asked = 0;

  async function check() {
    const mine = ++asked, place = document.getElementById("faults");
    let value;
    try { value = JSON.parse(editor.value); } catch (error) {
      return say(place, "bad", `It is no JSON: ${error.message}`, []);
    }
    void value;
    const answer = await fetch(editor.dataset.check, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: editor.value,
    }).catch(() => null);
    if (mine !== asked || !answer) return undefined;
    const found = await answer.json();
    if (!answer.ok) return say(place, "bad", found.detail, []);
    if (found.valid) return say(place, "good", "It fits the contract.", []);
    return say(place, "bad", "It breaks the contract:", found.faults);
  }

  function say(place, kind, text, faults) {
    const line = document.createElement("p"), list = document.createElement("ul");
    line.className = kind; line.textContent = text;
    for (const fault of faults) {
      const item = document.createElement("li"), where = document.createElement("code");
      where.textContent = fault.pointer || "/";
      item.append(where, " " + fault.message);
      list.append(item);
    }
    place.replaceChildren(line, ...(faults.length ? [list] : []));
  }

  if (editor) {
    editor.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(check, CHECK_MS); });
  }

  // -- small things -------------------------------------------------------------------------------

  function dress() {
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  }

  for (const chooser of document.querySelectorAll("[data-shows]")) {
    const sets = chooser.form.querySelectorAll(`[data-shown-by="${chooser.dataset.shows}"]`);
    const choose = () => {
      for (const set of sets) {
        const shown = set.dataset.shownFor.split(" ").includes(chooser.value);
        set.hidden = !shown;
        set.disabled = !shown;
      }
    };
    chooser.addEventListener("change", choose);
    choose();
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
    }
    if (event.target.closest("[data-back]") && history.length > 1) {
      event.preventDefault();
      history.back();
    }
  });
  // Forms with data-stay change what is shown here, so the reader's place is kept.
  async function stay(form, button) {
    const given = new URLSearchParams(new FormData(form, button));
    const told = document.getElementById("told");
    try {
      const answer = await fetch(form.action, { method: "POST", body: given });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      told.replaceChildren(...(answer.ok ? [] : fresh.querySelectorAll("[role=alert]")));
      if (answer.ok) take(fresh);
    } catch { tell("not connected", false); }
    refreshSoon();
  }

  document.addEventListener("submit", (event) => {
    if ("stay" in event.target.dataset) {
      event.preventDefault();
      stay(event.target, event.submitter);
      return;
    }
    // A second press while the first is on its way would send twice.
    setTimeout(() => {
      for (const button of event.target.querySelectorAll("button")) button.disabled = true;
    });
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const button of document.querySelectorAll("button")) button.disabled = false;
  });
  dress();
})();
