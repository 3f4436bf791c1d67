"""What is Zoom's and nobody else's: everything that another sender of webhooks would do otherwise.

- What a delivery looks like: `encoding` (bodies as bytes), `signing`, `headers`, `auth` (the
  endpoint's credentials), `timestamps`; `delivery_sender` puts them together.
- What is wrong on purpose: `forgeries`, and `verifier_mistakes` that receivers are known to make.
- What follows a delivery: `delivery_codes`, `retry_policies`, `webhook_log`.
- How an endpoint is registered: `url_validation`, `subscription_auth` (how it asks for
  credentials), `marketplace`, `access_tokens`.
- What events are about: `entities`, `fields` (what names of fields mean), `ids`, `preludes`. These
  are tables; `mockzoom.synth` makes values of them.
- `rtms`: the server of RTMS streams. `sample_receiver`: a receiver, correct or with three defects.

Nothing is imported here, so that whoever needs a table does not load the rest.
"""
