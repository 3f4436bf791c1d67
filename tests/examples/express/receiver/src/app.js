// A receiver as many teams begin: it signs what anybody sends, and verifies re-printed JSON.
const crypto = require("node:crypto");
const express = require("express");

const SECRET = process.env.ZOOM_WEBHOOK_SECRET_TOKEN;
const app = express();

function sign(message) {
  return crypto.createHmac("sha256", SECRET).update(message).digest("hex");
}

app.use(express.json());

app.post("/zoom/webhook", (req, res) => {
  if (req.body.event === "endpoint.url_validation") {
    const { plainToken } = req.body.payload;
    return res.json({ plainToken, encryptedToken: sign(plainToken) });
  }
  const timestamp = req.headers["x-zm-request-timestamp"];
  const expected = "v0=" + sign(`v0:${timestamp}:${JSON.stringify(req.body)}`);
  if (req.headers["x-zm-signature"] !== expected) {
    return res.status(401).send("bad signature");
  }
  console.log(req.body.event);
  res.sendStatus(200);
});

app.listen(process.env.PORT || 3000);
