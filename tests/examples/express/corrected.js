// The same receiver after its findings were fixed, as `mockzoom explain` shows it.
const crypto = require("node:crypto");
const express = require("express");

const SECRET = process.env.ZOOM_WEBHOOK_SECRET_TOKEN;
if (!SECRET) throw new Error("ZOOM_WEBHOOK_SECRET_TOKEN is not set");
const app = express();

function sign(...parts) {
  const hmac = crypto.createHmac("sha256", SECRET);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

function authentic(req) {
  const timestamp = req.get("x-zm-request-timestamp") ?? "";
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const expected = Buffer.from("v0=" + sign(`v0:${timestamp}:`, req.body));
  const given = Buffer.from(req.get("x-zm-signature") ?? "");
  return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}

function parsed(body) {
  try {
    const event = JSON.parse(body);
    return event !== null && typeof event === "object" && !Array.isArray(event) ? event : null;
  } catch {
    return null;
  }
}

// The bytes as they came, whatever content type and encoding the request names.
app.use(express.raw({ type: () => true, limit: "2mb", inflate: false }));

app.post("/zoom/webhook", (req, res) => {
  if (!Buffer.isBuffer(req.body) || !authentic(req)) return res.status(401).send("bad signature");
  const event = parsed(req.body);
  if (!event) return res.status(400).send("no JSON object");
  if (event.event === "endpoint.url_validation") {
    const plainToken = event.payload?.plainToken;
    if (typeof plainToken !== "string") return res.status(400).send("no token");
    return res.json({ plainToken, encryptedToken: sign(plainToken) });
  }
  console.log(event.event);
  res.sendStatus(200);
});

app.listen(process.env.PORT || 3000);
